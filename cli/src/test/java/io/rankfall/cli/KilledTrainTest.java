package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rankfall.train.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A training that is killed again and again and resumed gives the very files that one left in peace
 * gives.
 *
 * <p>{@code -Drankfall.kills=50} kills so often; {@code -Drankfall.kill.seed} replays.
 */
class KilledTrainTest {
  private static final long SEED = Long.getLong("rankfall.kill.seed", System.nanoTime());
  private static final long LIMIT_SECONDS = 120;
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @CsvSource({"FUSED, 64, 2", "DJL, 1024, 1"})
  void theRunIsTheSameToTheBit(String learner, String batch, int kills, @TempDir Path folder)
      throws Exception {
    String[] options = {
      "--learner",
      learner,
      "--hidden",
      "12,8",
      "--batch-norm",
      "--momentum",
      "0.9",
      "--lr",
      "0.01",
      "--batch-size",
      batch,
      "--epochs",
      "4",
      "--checkpoint-every",
      "0.1s"
    };
    Path peace = folder.resolve("peace");
    long start = System.nanoTime();
    assertThat(ended(train(peace, options))).isZero();
    long whole = System.nanoTime() - start;
    SplittableRandom random = new SplittableRandom(SEED);
    Path out = folder.resolve("killed");
    int killed = 0;
    int wanted = Integer.getInteger("rankfall.kills", kills);
    for (int i = 0; killed < wanted && i < 10 * wanted; i++) {
      Process training = train(out, options);
      if (i == 0) {
        awaitCheckpoint(out, training, left -> left.partial().steps() > 0);
      } else {
        training.waitFor(random.nextLong(whole), TimeUnit.NANOSECONDS);
      }
      if (training.isAlive()) {
        training.destroyForcibly().waitFor();
        killed++;
      }
    }
    assertThat(ended(train(out, options))).isZero();
    assertThat(killed).as("seed %d", SEED).isPositive();
    assertThat(Files.readString(folder.resolve("killed.err")))
        .as("seed %d", SEED)
        .containsPattern("Going on in epoch [1-4] of 4 after \\d+ step");
    assertSame(peace, out);
  }

  private static void assertSame(Path peace, Path killed) throws IOException {
    try (Stream<Path> files = Files.list(killed)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .as("seed %d", SEED)
          .containsExactlyInAnyOrder(
              "run.json",
              "model.onnx",
              "model.safetensors",
              "checkpoint.safetensors",
              "best.safetensors");
    }
    for (String name : List.of("model.onnx", "model.safetensors", "best.safetensors")) {
      assertThat(killed.resolve(name))
          .as("seed %d", SEED)
          .hasSameBinaryContentAs(peace.resolve(name));
    }
    assertThat(withoutSeconds(killed)).as("seed %d", SEED).isEqualTo(withoutSeconds(peace));
    Checkpoint one = Checkpoint.read(peace.resolve("checkpoint.safetensors"));
    Checkpoint other = Checkpoint.read(killed.resolve("checkpoint.safetensors"));
    assertThat(other.state()).isEqualTo(one.state());
    assertThat(other.epochs()).isEqualTo(one.epochs()).hasSize(5);
    assertThat(other.seconds()).isPositive();
  }

  private static JsonNode withoutSeconds(Path run) throws IOException {
    JsonNode json = JSON.readTree(run.resolve("run.json").toFile());
    assertThat(((ObjectNode) json.path("result")).remove("seconds").doubleValue()).isPositive();
    return json;
  }

  /** Until there is a wanted one, or the training is over. */
  private static void awaitCheckpoint(Path out, Process training, Predicate<Checkpoint> wanted)
      throws IOException, InterruptedException {
    Path file = out.resolve("checkpoint.safetensors");
    Path copy = out.resolveSibling(out.getFileName() + ".copy");
    while (training.isAlive()) {
      if (Files.exists(file)) {
        // Read at once: tensors are read one after another, and the training replaces the file.
        Files.write(copy, Files.readAllBytes(file));
        if (wanted.test(Checkpoint.read(copy))) {
          return;
        }
      }
      training.waitFor(5, TimeUnit.MILLISECONDS);
    }
  }

  /** Signals end a training with a checkpoint behind its last step, and the code shells expect. */
  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void aSignalPausesWithACheckpoint(String signal, int exitCode, @TempDir Path folder)
      throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "needs /bin/kill to send signals");
    Path out = folder.resolve("run");
    // Without a signal there would be no other checkpoint for an hour.
    Process training = train(out, "--hidden", "8", "--epochs", "1000", "--checkpoint-every", "1h");
    awaitCheckpoint(out, training, first -> true);
    training.waitFor(300, TimeUnit.MILLISECONDS);
    new ProcessBuilder("/bin/kill", "-" + signal, Long.toString(training.pid())).start().waitFor();
    assertThat(ended(training)).isEqualTo(exitCode);
    Checkpoint left = Checkpoint.read(out.resolve("checkpoint.safetensors"));
    assertThat(left.begunEpoch()).isPositive();
    String where =
        left.partial().steps() == 0
            ? "after epoch %d of 1000".formatted(left.epoch())
            : "in epoch %d of 1000 after %d step"
                .formatted(left.begunEpoch(), left.partial().steps());
    assertThat(Files.readString(folder.resolve("run.err")))
        .contains("rankfall: interrupted " + where)
        .contains("; the same command with --resume goes on");
    assertThat(out.resolve("run.json")).doesNotExist();
  }

  private static int ended(Process training) throws InterruptedException {
    assertThat(training.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return training.exitValue();
  }

  /** Goes on in {@code out} if there is something; standard error is appended beside it. */
  private static Process train(Path out, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("train", "--resume", "--out", out.toString()));
    arguments.addAll(List.of(options));
    ProcessBuilder builder =
        Child.with("-Xmx1g", arguments.toArray(String[]::new))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(
                ProcessBuilder.Redirect.appendTo(
                    out.resolveSibling(out.getFileName() + ".err").toFile()));
    builder.environment().put("OMP_NUM_THREADS", "1");
    return builder.start();
  }
}
