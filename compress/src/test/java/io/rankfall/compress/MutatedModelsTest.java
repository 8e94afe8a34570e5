package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real files with bytes changed: an inspection ends with a result or with one line. */
class MutatedModelsTest {
  private static final int MUTATIONS = 400;

  /** A mutation can make one matrix of another shape, never work that lasts. */
  private static final Duration LONGEST = Duration.ofSeconds(10);

  @TempDir Path directory = Path.of("");

  static List<String> files() {
    return List.of(
        "lenet.onnx",
        "convolutions.onnx",
        "recurrent.onnx",
        "attention.onnx",
        "encoder.onnx",
        "sharded/model-00002-of-00002.safetensors",
        "sharded/model.safetensors.index.json");
  }

  private void copyShards() throws IOException {
    try (Stream<Path> shards = Files.list(ModelFilesTest.models().resolve("sharded"))) {
      for (Path shard : shards.toList()) {
        Files.copy(shard, directory.resolve(shard.getFileName()));
      }
    }
  }

  private static void inspect(Path path, long seed) {
    Assertions.assertTimeoutPreemptively(
        LONGEST,
        () -> {
          try {
            Inspection.of(path);
          } catch (ModelFormatException e) {
            assertThat(e.getMessage()).contains("expected", "found").doesNotContain("\n");
          } catch (RuntimeException | Error e) {
            throw new AssertionError("seed " + seed + ": " + e, e);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("files")
  void endInAResultOrInOneLine(String file) throws Exception {
    copyShards();
    Path source = ModelFilesTest.models().resolve(file);
    byte[] whole = Files.readAllBytes(source);
    Path mutated = directory.resolve(source.getFileName());
    for (long seed = 0; seed < MUTATIONS; seed++) {
      Files.write(mutated, DamagedFilesTest.damaged(whole, seed));
      inspect(mutated, seed);
    }
  }

  @Test
  void cutAnywhereTheyAreRefused() throws Exception {
    byte[] whole = Files.readAllBytes(ModelFilesTest.models().resolve("recurrent.onnx"));
    SplittableRandom random = new SplittableRandom(1);
    Path cut = directory.resolve("cut.onnx");
    int graph = new String(whole, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("/lstm");
    for (int i = 0; i < 300; i++) {
      int length = graph + random.nextInt(whole.length - graph - 40);
      Files.write(cut, java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> ModelWeights.open(cut))
          .as("%d bytes", length)
          .isInstanceOf(ModelFormatException.class);
    }
  }
}
