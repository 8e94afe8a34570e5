package io.rankfall.cli;

import io.rankfall.study.sweep.Cluster;
import java.io.IOException;
import java.io.Reader;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.ServiceLoader;

/**
 * Spark's own jars, which no build of Rankfall contains: a cluster wants those of its own version.
 * They stand behind a class loader of their own, since Spark brings other versions of libraries
 * that Rankfall uses too.
 *
 * @param submitted whether {@code spark-submit} has started this process, and has loaded them
 * @param settings of {@code spark-defaults.conf}
 */
record SparkSoftware(ClassLoader loader, boolean submitted, Map<String, String> settings) {
  private static final String SERVICE = "META-INF/services/" + Cluster.class.getName();
  private static final String MODULE = "io.rankfall.spark.";
  private static final String LOGGING = "log4j2.configurationFile";

  /**
   * Looks for Spark.
   *
   * @param environment where {@code SPARK_HOME} and perhaps {@code SPARK_CONF_DIR} say where it is
   * @throws IOException in one line, if it is not there
   */
  static SparkSoftware find(Map<String, String> environment) throws IOException {
    ClassLoader own = SparkSoftware.class.getClassLoader();
    if (own.getResource("org/apache/spark/SparkContext.class") != null) {
      return new SparkSoftware(own, true, Map.of());
    }
    String home = environment.get("SPARK_HOME");
    if (home == null || home.isBlank()) {
      throw new IOException(
          "SPARK_HOME: expected the folder of the cluster's Spark, found nothing");
    }
    String given = environment.get("SPARK_CONF_DIR");
    Path conf = given == null ? Path.of(home, "conf") : Path.of(given);
    List<URL> urls = new ArrayList<>();
    urls.add(module(own));
    urls.add(conf.toUri().toURL());
    urls.addAll(jars(Path.of(home, "jars")));
    ClassLoader loader = new Loader(urls.toArray(URL[]::new), own);
    URL quiet = loader.getResource("io/rankfall/spark/quiet-log4j2.properties");
    if (quiet != null && loader.getResource("log4j2.properties") == null) {
      System.getProperties().putIfAbsent(LOGGING, quiet.toString());
    }
    return new SparkSoftware(loader, false, defaults(conf.resolve("spark-defaults.conf")));
  }

  private static List<URL> jars(Path folder) throws IOException {
    List<URL> urls = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
        for (Path file : files) {
          urls.add(file.toUri().toURL());
        }
      }
    }
    if (urls.isEmpty()) {
      throw new IOException("%s: expected the jars of Spark, found none".formatted(folder));
    }
    return urls;
  }

  /** The jar or folder of Rankfall's part that uses Spark. */
  private static URL module(ClassLoader own) throws IOException {
    URL service = own.getResource(SERVICE);
    if (service == null) {
      throw new IOException("class path: expected the jar of rankfall-spark, found none");
    }
    if (service.openConnection() instanceof JarURLConnection jar) {
      return jar.getJarFileURL();
    }
    String text = service.toString();
    return URI.create(text.substring(0, text.length() - SERVICE.length())).toURL();
  }

  /** What neither the file nor the Java options of this process say is Spark's own default. */
  private static Map<String, String> defaults(Path file) throws IOException {
    Map<String, String> settings = new HashMap<>();
    if (Files.exists(file)) {
      Properties properties = new Properties();
      try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
        properties.load(reader);
      }
      for (String key : properties.stringPropertyNames()) {
        if (key.startsWith("spark.") && System.getProperty(key) == null) {
          settings.put(key, properties.getProperty(key).strip());
        }
      }
    }
    return settings;
  }

  Cluster cluster() throws IOException {
    return ServiceLoader.load(Cluster.class, loader)
        .findFirst()
        .orElseThrow(
            () -> new IOException("class path: expected the jar of rankfall-spark, found none"));
  }

  /** Spark, and the part of Rankfall that uses it; the rest of Rankfall is what runs already. */
  private static final class Loader extends URLClassLoader {
    private final ClassLoader rankfall;

    Loader(URL[] urls, ClassLoader rankfall) {
      super("spark", urls, ClassLoader.getPlatformClassLoader());
      this.rankfall = rankfall;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      return name.startsWith("io.rankfall.") && !name.startsWith(MODULE)
          ? rankfall.loadClass(name)
          : super.findClass(name);
    }
  }
}
