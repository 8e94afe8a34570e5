package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.spectra.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/** Whatever the bytes, a reader returns or throws an exception with one line; nothing else. */
class DamagedFilesTest {
  private static @Nullable Path directory;
  private static byte[] model = {};

  @BeforeContainer
  static void createDirectory() throws IOException {
    directory = Files.createTempDirectory("damaged");
    model = Networks.mlp(1, 6, 8, 4).proto().toByteArray();
  }

  @AfterContainer
  static void deleteDirectory() throws IOException {
    if (directory != null) {
      try (var files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(directory);
    }
  }

  private interface Reader {
    void read(Path path) throws IOException, InterruptedException;
  }

  private static void check(String name, byte[] bytes, Reader reader)
      throws IOException, InterruptedException {
    if (directory == null) {
      throw new IllegalStateException("no directory");
    }
    Path path = directory.resolve(name);
    Files.write(path, bytes);
    try {
      reader.read(path);
    } catch (IOException e) {
      assertThat(e).isInstanceOf(ModelFormatException.class);
      assertThat(e.getMessage()).doesNotContain("\n").contains("expected", "found", name);
    }
  }

  static byte[] damaged(byte[] whole, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] bytes = whole.clone();
    int edits = 1 + random.nextInt(4);
    for (int i = 0; i < edits && bytes.length > 0; i++) {
      // The first half of the edits hits the structure, which is a small part of the file.
      int at = random.nextInt(random.nextBoolean() ? Math.min(200, bytes.length) : bytes.length);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 -> bytes[at] = (byte) 0xff;
        case 4 -> {
          for (int j = at; j < Math.min(bytes.length, at + 8); j++) {
            bytes[j] = (byte) (random.nextBoolean() ? 0xff : 0x7f);
          }
        }
        default -> {
          byte[] longer = new byte[bytes.length + 3];
          System.arraycopy(bytes, 0, longer, 0, at);
          System.arraycopy(bytes, at, longer, at + 3, bytes.length - at);
          longer[at] = (byte) random.nextInt();
          bytes = longer;
        }
      }
    }
    return bytes;
  }

  @Property(tries = 3000)
  void onnx(@ForAll long seed) throws Exception {
    check("damaged.onnx", damaged(model, seed), path -> OnnxModel.read(path).inputs());
  }

  @Property(tries = 3000)
  void safetensors(@ForAll long seed) throws Exception {
    if (directory == null) {
      throw new IllegalStateException("no directory");
    }
    Path good = directory.resolve("good.safetensors");
    if (!Files.exists(good)) {
      SplittableRandom random = new SplittableRandom(1);
      SafetensorsFile.write(
          good,
          Map.of(
              "a.weight",
              SafetensorsFile.Tensor.of(Matrix.gaussian(4, 6, random)),
              "b.weight",
              SafetensorsFile.Tensor.of(Matrix.gaussian(5, 3, random))),
          Map.of("format", "pt"));
    }
    check(
        "damaged.safetensors",
        damaged(Files.readAllBytes(good), seed),
        path -> Inspection.of(path));
  }

  @Property(tries = 3000)
  void npy(@ForAll long seed) throws Exception {
    byte[] whole = NpyFileTest.npy("<f4", "(2, 3)", new byte[24]);
    check("damaged.npy", damaged(whole, seed), path -> NpyFile.read(path).rows());
  }
}
