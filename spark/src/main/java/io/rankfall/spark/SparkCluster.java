package io.rankfall.spark;

import io.rankfall.study.sweep.Cluster;
import io.rankfall.study.sweep.Workplace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** An Apache Spark cluster: this process becomes the driver of an application of it. */
public final class SparkCluster implements Cluster {
  private static final String STANDALONE = "spark://";
  private static final int STANDALONE_PORT = 7077;
  private static final int MILLIS_TO_CONNECT = 10_000;
  private static final String JARS = "spark.jars";

  /** What Spark needs of a JDK that hides it. */
  private static final String HIDDEN = "sun.nio.ch";

  /** What a sweep cannot do without. */
  private static final Map<String, String> REQUIRED =
      Map.of(
          // A task is a worker's life: Spark asks for no second one, the sweep does.
          "spark.task.maxFailures", "1",
          "spark.stage.maxConsecutiveAttempts", "1",
          "spark.speculation", "false",
          "spark.ui.showConsoleProgress", "false");

  /** For {@link java.util.ServiceLoader}. */
  public SparkCluster() {}

  @Override
  public Workplace join(Order order, Consumer<String> notes) throws IOException {
    if (!Object.class.getModule().isOpen(HIDDEN, SparkConf.class.getModule())) {
      throw new IOException(
          "java: expected --add-opens=java.base/%s=ALL-UNNAMED for Spark, found it closed"
              .formatted(HIDDEN));
    }
    requireMaster(order.master());
    SparkConf conf = conf(order);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(SparkCluster.class.getClassLoader());
    JavaSparkContext spark = null;
    try {
      spark = new JavaSparkContext(conf);
      return new SparkWorkplace(spark, order.jvm(), names(conf.get(JARS)), notes);
    } catch (Exception e) {
      // Of any kind: Scala throws checked ones that it does not declare.
      if (spark != null) {
        spark.close();
      }
      throw refused(order.master(), e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static IOException refused(String master, Exception e) {
    return new IOException(
        "%s: expected Spark to accept the application, found %s".formatted(master, firstLine(e)),
        e);
  }

  /** Spark itself would try for a minute, and say it in forty lines. */
  private static void requireMaster(String master) throws IOException {
    if (!master.startsWith(STANDALONE)) {
      return;
    }
    IOException failure = null;
    List<String> masters = Stream.of(master.substring(STANDALONE.length()).split(",")).toList();
    for (String address : masters) {
      int colon = address.lastIndexOf(':');
      String host = colon < 0 ? address : address.substring(0, colon);
      try (Socket socket = new Socket()) {
        int port = colon < 0 ? STANDALONE_PORT : Integer.parseInt(address.substring(colon + 1));
        socket.connect(new InetSocketAddress(host, port), MILLIS_TO_CONNECT);
        return;
      } catch (UnknownHostException e) {
        failure = new IOException("no host " + host, e);
      } catch (IOException | IllegalArgumentException e) {
        failure = new IOException(firstLine(e), e);
      }
    }
    throw new IOException(
        "%s: expected a Spark master there, found %s"
            .formatted(master, failure == null ? "no address" : failure.getMessage()));
  }

  private static SparkConf conf(Order order) {
    SparkConf conf = new SparkConf().setMaster(order.master()).setAppName(order.name());
    order.settings().forEach(conf::set);
    REQUIRED.forEach(conf::set);
    List<String> jars = new ArrayList<>(order.classPath());
    Stream.of(conf.get(JARS, "").split(",")).filter(jar -> !jar.isBlank()).forEach(jars::add);
    return conf.set(JARS, String.join(",", jars));
  }

  /** What the files are called where Spark brings them. */
  private static List<String> names(String jars) {
    return Stream.of(jars.split(","))
        .map(jar -> String.valueOf(Path.of(jar.replaceFirst("^[a-z]+:", "")).getFileName()))
        .toList();
  }

  /** Of an exception whose message may be a page. */
  static String firstLine(Throwable e) {
    String message = e.getMessage();
    return message == null || message.isBlank()
        ? e.getClass().getSimpleName()
        : message.strip().lines().findFirst().orElse("");
  }
}
