package io.rankfall.cli;

import io.rankfall.study.sweep.Cluster;
import io.rankfall.study.sweep.WorkerJvm;
import io.rankfall.study.sweep.Workplace;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether a sweep works on a Spark cluster, and on which. */
final class SparkOptions {
  /** What {@code spark-submit} tells the program that it starts. */
  private static final String SUBMITTED_MASTER = "spark.master";

  @Option(
      names = "--spark",
      paramLabel = "MASTER",
      description =
          "Train on this Spark cluster, such as spark://host:7077. SPARK_HOME names Spark's folder.")
  private @Nullable String master;

  @Option(
      names = "--spark-conf",
      paramLabel = "KEY=VALUE",
      description = "A setting of Spark, beyond those of its spark-defaults.conf.")
  private Map<String, String> settings = Map.of();

  /** The cluster's address; null for none. */
  @Nullable String master() {
    return master == null ? System.getProperty(SUBMITTED_MASTER) : master;
  }

  /**
   * Joins the cluster.
   *
   * @param cores at most so many; null for all
   * @throws IOException in one line, if Spark is not there or its master is not
   */
  Workplace join(String sweep, WorkerJvm jvm, @Nullable Integer cores, Console console)
      throws IOException, InterruptedException {
    String address = master();
    if (address == null) {
      throw new IllegalStateException("no cluster was asked for");
    }
    SparkSoftware software = SparkSoftware.find(System.getenv());
    Map<String, String> all = new HashMap<>(software.settings());
    if (cores != null) {
      all.put("spark.cores.max", Integer.toString(cores));
    }
    all.putAll(settings);
    List<String> jars = software.submitted() ? List.of() : jars();
    Cluster.Order order = new Cluster.Order(address, "rankfall sweep " + sweep, all, jvm, jars);
    return software.cluster().join(order, console::progress);
  }

  /** Of this process: what a worker is made of. */
  private static List<String> jars() {
    String[] entries = System.getProperty("java.class.path").split(File.pathSeparator, -1);
    return Stream.of(entries).filter(entry -> Files.isRegularFile(Path.of(entry))).toList();
  }
}
