package io.rankfall.spark;

import io.rankfall.study.sweep.Cluster.Order;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;

/** A Spark master and workers of one core each: processes of this machine, on loopback. */
final class StandaloneCluster implements AutoCloseable {
  private static final long LIMIT_SECONDS = 60;

  /** What a worker's JVM needs of this test's libraries: every executor fetches all of it. */
  private static final Pattern NEEDED =
      Pattern.compile(
          ".*(/rankfall-(?!fashion)|/jackson-(core|databind|annotations)-|/org/bytedeco/|/jna-"
              + "|/ai/djl/api/|/onnxruntime-|/tribuo-util-onnx-|/protobuf-java-|/slf4j-api-"
              + "|/jspecify-|/hipparchus-).*");

  private final Path folder;
  private final Path home;
  private final List<String> jars = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();
  private final String master;

  StandaloneCluster(Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    this.home = folder.resolve("home");
    Path libraries = Files.createDirectories(home.resolve("jars"));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(entry);
      if (Files.isRegularFile(path)) {
        Files.createSymbolicLink(libraries.resolve(path.getFileName()), path);
        if (NEEDED.matcher(entry).matches()) {
          jars.add(entry);
        }
      } else if (Files.isDirectory(path) && !entry.contains("fashion-mnist")) {
        jars.add(jar(path, folder.resolve("module" + jars.size() + ".jar")));
      }
    }
    Process process = start("master", "org.apache.spark.deploy.master.Master", "--webui-port", "0");
    this.master = await("master", process, "Starting Spark master at (spark://\\S+)");
  }

  /** A build that only compiles has folders instead of jars. */
  private static String jar(Path classes, Path file) throws IOException {
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file));
        Stream<Path> all = Files.walk(classes, FileVisitOption.FOLLOW_LINKS)) {
      for (Path one : all.filter(Files::isRegularFile).toList()) {
        jar.putNextEntry(new JarEntry(classes.relativize(one).toString()));
        Files.copy(one, jar);
        jar.closeEntry();
      }
    }
    return file.toString();
  }

  String master() {
    return master;
  }

  Process startWorker() throws IOException, InterruptedException {
    String name = "worker" + processes.size();
    Process worker =
        start(
            name,
            "org.apache.spark.deploy.worker.Worker",
            "--webui-port",
            "0",
            "--cores",
            "1",
            "--memory",
            "512m",
            "--work-dir",
            folder.resolve(name).toString(),
            master);
    await(name, worker, "Successfully registered with master (\\S+)");
    return worker;
  }

  private Process start(String name, String main, String... arguments) throws IOException {
    List<String> command = java("-Xmx200m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    command.addAll(List.of("-cp", home.resolve("jars") + File.separator + "*"));
    command.addAll(List.of(main, "--host", "127.0.0.1", "--port", "0"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().put("SPARK_HOME", home.toString());
    // As Spark's own scripts do.
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  static List<String> java(String... options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
    return command;
  }

  /** The first group of the pattern, as soon as the log has it. */
  private String await(String name, Process process, String pattern)
      throws IOException, InterruptedException {
    Path log = folder.resolve(name + ".log");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (process.isAlive() && System.nanoTime() < end) {
      Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(log));
      if (matcher.find()) {
        return matcher.group(1);
      }
      Thread.sleep(100);
    }
    close();
    throw new IOException("%s did not start: %s".formatted(name, Files.readString(log)));
  }

  /** An application on this cluster that uses nothing but loopback, and so many machines. */
  Order order(int machines) {
    return order(master, jars, machines);
  }

  static Order order(String master, List<String> jars, int machines) {
    Map<String, String> settings = new HashMap<>();
    settings.put("spark.driver.host", "127.0.0.1");
    settings.put("spark.driver.bindAddress", "127.0.0.1");
    settings.put("spark.ui.enabled", "false");
    settings.put("spark.cores.max", Integer.toString(machines));
    settings.put("spark.executor.memory", "480m");
    settings.put("spark.executor.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1");
    return new Order(master, "test", settings, Clouds.jvm(), jars);
  }

  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>();
    for (Process process : processes) {
      process.descendants().forEach(all::add);
      all.add(process.toHandle());
    }
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(handle -> handle.onExit().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join());
  }
}
