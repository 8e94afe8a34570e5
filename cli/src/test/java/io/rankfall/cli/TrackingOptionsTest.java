package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrackingOptionsTest {
  private static Ran train(Path out, String... more) {
    List<String> args = new ArrayList<>(List.of("train", "--hidden", "8", "--batch-size", "512"));
    args.addAll(List.of("--epochs", "1", "--out", out.toString()));
    args.addAll(List.of(more));
    return Ran.run(args.toArray(String[]::new));
  }

  @Test
  void tensorBoardFindsTheTraining(@TempDir Path folder) throws Exception {
    Path logs = folder.resolve("logs").resolve("b512");
    Ran ran = train(folder.resolve("run"), "--tensorboard", logs.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    try (Stream<Path> files = Files.list(logs)) {
      Path events = files.findFirst().orElseThrow();
      assertThat(events.getFileName().toString()).startsWith("events.out.tfevents.");
      assertThat(Files.readString(events, StandardCharsets.ISO_8859_1))
          .contains("brain.Event:2", "rank_1e-2/fc1", "spectrum/fc2", "accuracy/test", "batchSize");
    }
  }

  @Test
  void aServerThatIsNotThereEndsTheCommandBeforeItTrains(@TempDir Path folder) {
    Path out = folder.resolve("run");
    Ran ran = train(out, "--mlflow", "http://127.0.0.1:1");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    ran.assertOneLine(
        "http://127.0.0.1:1: expected an MLflow server's answer to experiments/get-by-name, found"
            + " connection refused");
    assertThat(out.resolve("run.json")).doesNotExist();
  }

  @Test
  void anAddressWithAPasswordIsAWrongCall(@TempDir Path folder) {
    Ran ran = train(folder.resolve("run"), "--mlflow", "http://me:secret@127.0.0.1:1");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(ran.err()).contains("MLFLOW_TRACKING_PASSWORD").doesNotContain("secret");
  }
}
