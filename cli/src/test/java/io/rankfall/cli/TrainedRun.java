package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folder of one small training, made once for all tests of a process. */
final class TrainedRun {
  private TrainedRun() {}

  private static final class Made {
    private static final Path FOLDER = train();
  }

  static Path folder() {
    return Made.FOLDER;
  }

  private static Path train() {
    try {
      Path run = Files.createTempDirectory(Path.of("target"), "trained-run-");
      Ran ran =
          Ran.run(
              "train",
              "--hidden",
              "24,16",
              "--batch-norm",
              "--batch-size",
              "128",
              "--epochs",
              "1",
              "--out",
              run.toString());
      assertThat(ran.exitCode()).as(ran.err()).isZero();
      assertThat(ran.out()).contains("test accuracy 0.").contains("fc1").contains("24×784");
      assertThat(ran.err()).contains("1/1").contains("Ranks count");
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
