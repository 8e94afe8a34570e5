package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading PyTorch, each time in a process of its own: it can be loaded only once in one. */
final class PyTorchTest {
  private final Path folder;

  PyTorchTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** What such a process does. */
  static final class OneStep {
    private OneStep() {}

    public static void main(String[] args) {
      Network network = Cases.network(new Mlp(4, List.of(3), 2, Mlp.Normalization.BATCH), 1);
      Batch batch = Batch.range(Cases.noise(9, 4, 2, 1), 0, 9);
      try (Learner learner = LearnerKind.DJL.start(network, Cases.optimizer(0.1, 0.1, 0.9), 9)) {
        learner.step(batch, 0.1);
        learner.step(Batch.range(Cases.noise(9, 4, 2, 1), 0, 1), 0.1);
        System.out.println("trained, offline=" + System.getProperty("ai.djl.offline"));
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private record Output(String out, String err) {}

  private Output run(Predicate<String> classPathEntries, String... options) throws Exception {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(classPathEntries)
            .collect(Collectors.joining(File.pathSeparator));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder();
    builder.command().add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    builder.command().addAll(List.of(options));
    builder.command().addAll(List.of("-cp", classPath, OneStep.class.getName()));
    builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    return new Output(
        Files.readString(out, StandardCharsets.UTF_8).strip(),
        Files.readString(err, StandardCharsets.UTF_8).strip());
  }

  @Test
  void trainingNeedsNoOptionsStaysOfflineAndWritesNothingToStandardError() throws Exception {
    assertThat(run(entry -> true)).isEqualTo(new Output("trained, offline=true", ""));
  }

  @Test
  void theUsersOwnChoiceIsKept() throws Exception {
    assertThat(run(entry -> true, "-Dai.djl.offline=false", "-DOPT_OUT_TRACKING=true").out())
        .isEqualTo("trained, offline=false");
  }

  @Test
  void aMissingNativeLibraryIsNotDownloadedButNamed() throws Exception {
    assertThat(run(entry -> !entry.contains("pytorch-native"), "-DDJL_CACHE_DIR=" + folder).out())
        .isEqualTo(
            "PyTorch: expected a pytorch-native and pytorch-jni for this platform on the class"
                + " path and a writable folder DJL_CACHE_DIR (default ~/.djl.ai), found"
                + " IOException: Offline mode is enabled.");
  }

  @Test
  void anEngineThatIsNotThereIsNamed() throws Exception {
    assertThat(run(entry -> !entry.contains("pytorch-jni"), "-DDJL_CACHE_DIR=/dev/null").out())
        .startsWith("PyTorch: expected ")
        .doesNotContain("\n");
  }
}
