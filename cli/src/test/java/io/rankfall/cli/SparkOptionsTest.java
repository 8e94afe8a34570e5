package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rankfall.study.sweep.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code --spark} says where there is no Spark; module {@code spark} tests it on a cluster.
 */
class SparkOptionsTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void withoutSparkItIsOneLineAndTheStudyWaits() throws IOException {
    assumeTrue(System.getenv("SPARK_HOME") == null, "needs a machine without SPARK_HOME");
    Path study = folder.resolve("s.db");
    String[] sweep = {
      "sweep", "--hidden", "8", "--epochs", "1", "--study", study.toString(), "--spark", "spark://h"
    };
    Ran ran = Ran.run(sweep);
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertThat(ran.err().strip())
        .isEqualTo(
            "rankfall: SPARK_HOME: expected the folder of the cluster's Spark, found nothing");
    assertThat(Ran.run("runs", study.toString()).out()).contains("1 run: 1 waiting");
  }

  @Test
  void aFolderThatIsNotSparksIsNamed() {
    assertThatThrownBy(() -> SparkSoftware.find(Map.of("SPARK_HOME", folder.toString())))
        .isInstanceOf(IOException.class)
        .hasMessage(folder.resolve("jars") + ": expected the jars of Spark, found none");
  }

  @Test
  void theModuleIsLoadedBesideSparkAndTheRestIsShared() throws IOException {
    Files.createFile(Files.createDirectory(folder.resolve("jars")).resolve("spark.jar"));
    Files.writeString(
        Files.createDirectory(folder.resolve("conf")).resolve("spark-defaults.conf"),
        "# the cluster's\nspark.authenticate   true\nother 1\n");
    SparkSoftware software = SparkSoftware.find(Map.of("SPARK_HOME", folder.toString()));
    assertThat(software.submitted()).isFalse();
    assertThat(software.settings()).isEqualTo(Map.of("spark.authenticate", "true"));
    ClassLoader loader = software.loader();
    assertThatThrownBy(() -> loader.loadClass("com.fasterxml.jackson.databind.ObjectMapper"))
        .as("Rankfall's libraries are hidden from Spark")
        .isInstanceOf(ClassNotFoundException.class);
    assertThat(loadedBy(loader, Cluster.class.getName())).isSameAs(Cluster.class.getClassLoader());
    assertThat(loadedBy(loader, "io.rankfall.spark.SparkCluster")).isSameAs(loader);
  }

  private static ClassLoader loadedBy(ClassLoader loader, String name) {
    try {
      return loader.loadClass(name).getClassLoader();
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
