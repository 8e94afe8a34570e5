package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files for calibration that are damaged or want to be: one line, and no memory taken before. */
class DamagedInputsTest {
  private static final int MUTATIONS = 2000;

  @TempDir Path directory = Path.of("");

  private static byte[] npz(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey() + ".npy"));
        zip.write(entry.getValue());
      }
    }
    return bytes.toByteArray();
  }

  private static byte[] ids() throws IOException {
    byte[] numbers = new byte[8 * 24];
    for (int i = 0; i < 24; i++) {
      numbers[8 * i] = (byte) (7 * i);
    }
    return NpyFileTest.npy("<i8", "(3, 8)", numbers);
  }

  private static Map<String, byte[]> arrays() throws IOException {
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put("input_ids", ids());
    arrays.put("attention_mask", NpyFileTest.npy("<f4", "(3, 8)", new byte[96]));
    return arrays;
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes);
  }

  private void requireOneLine(Path path, long seed) {
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          try {
            ModelInputs.read(path);
          } catch (ModelFormatException e) {
            assertThat(e.getMessage())
                .as("seed %d", seed)
                .contains("expected", "found", path.getFileName().toString())
                .doesNotContain("\n");
          } catch (IOException | RuntimeException | Error e) {
            throw new AssertionError("seed " + seed + ": " + e, e);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.npz", "a.npy"})
  void damagedOnesEndInArraysOrInOneLine(String name) throws Exception {
    byte[] whole = name.endsWith("z") ? npz(arrays()) : ids();
    for (long seed = 0; seed < MUTATIONS; seed++) {
      requireOneLine(file(name, DamagedFilesTest.damaged(whole, seed)), seed);
    }
  }

  @Test
  void headersChangedInsideAWholeZipEndInOneLine() throws Exception {
    for (long seed = 0; seed < MUTATIONS / 4; seed++) {
      Map<String, byte[]> arrays = arrays();
      long each = seed;
      arrays.replaceAll((name, bytes) -> DamagedFilesTest.damaged(bytes, each));
      requireOneLine(file("a.npz", npz(arrays)), seed);
    }
  }

  @Test
  void cutAnywhereTheyAreRefused() throws Exception {
    for (String name : new String[] {"a.npz", "a.npy"}) {
      byte[] whole = name.endsWith("z") ? npz(arrays()) : ids();
      for (int length = 0; length < whole.length; length++) {
        Path path = file(name, Arrays.copyOf(whole, length));
        assertThatThrownBy(() -> ModelInputs.read(path))
            .as("%d bytes", length)
            .isInstanceOf(ModelFormatException.class);
      }
    }
  }

  private static long allocatedBy(Runnable work) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    work.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(2000000000, 2000000000) | shape: expected at most",
        "(2147483647, 2147483647, 2147483647) | shape: expected at most",
        "(99999999999, 1) | shape: expected dimensions below 2³¹",
        "(1, 4) | data: expected [1, 4] of type <f8, found more than 32 bytes",
      })
  void whatInflatesToGigabytesIsRefusedByItsHeader(String shape, String why) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("x.npy"));
      zip.write(NpyFileTest.npy("<f8", shape, new byte[0]));
      for (int i = 0; i < 64; i++) {
        zip.write(new byte[1 << 20]);
      }
    }
    assertThat(bytes.size()).isLessThan(100_000);
    Path path = file("bomb.npz", bytes.toByteArray());
    long allocated =
        allocatedBy(
            () ->
                assertThatThrownBy(() -> ModelInputs.read(path))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageContaining(why));
    assertThat(allocated).isLessThan(8 << 20);
  }

  @Test
  void arraysThatDoNotFitTogetherAreRefused() throws Exception {
    Path path = file("a.npz", npz(arrays()));
    assertThat(new InputFiles(192 + 96).npz(path)).hasSize(2);
    assertThatThrownBy(() -> new InputFiles(192 + 95).npz(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("a.npz: attention_mask: shape: expected at most 0 MiB");
  }

  @Test
  void theZipsOwnSizesAreNotBelieved() throws Exception {
    byte[] whole = npz(arrays());
    int central = indexOf(whole, new byte[] {'P', 'K', 1, 2}, 0);
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(central + 24, 0x7ffffff0);
    requireOneLine(file("a.npz", whole), 0);
  }

  private static int indexOf(byte[] in, byte[] what, int from) {
    for (int i = from; i <= in.length - what.length; i++) {
      if (Arrays.equals(in, i, i + what.length, what, 0, what.length)) {
        return i;
      }
    }
    return -1;
  }

  @Test
  void twoArraysOfOneNameAreRefused() throws Exception {
    byte[] whole = npz(Map.of("ab", ids(), "ac", ids()));
    byte[] name = "ac.npy".getBytes(StandardCharsets.ISO_8859_1);
    for (int at = indexOf(whole, name, 0); at >= 0; at = indexOf(whole, name, at)) {
      whole[at + 1] = 'b';
    }
    Path path = file("a.npz", whole);
    assertThatThrownBy(() -> ModelInputs.read(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("expected one array of this name, found two");
  }

  @Test
  void changedNumbersAreNoticedByTheChecksum() throws Exception {
    byte[] whole = npz(arrays());
    int central = indexOf(whole, new byte[] {'P', 'K', 1, 2}, 0);
    whole[central + 16] ^= 1;
    Path path = file("a.npz", whole);
    assertThatThrownBy(() -> ModelInputs.read(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("input_ids: content: expected the checksum");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void allVersionsOfTheHeaderAreRead(int version) throws Exception {
    byte[] one = NpyFileTest.npy("<f4", "(1, 2)", new byte[] {0, 0, (byte) 128, 63, 0, 0, 0, 64});
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(one, 0, 6);
    bytes.write(version);
    bytes.write(one, 7, 3);
    if (version > 1) {
      bytes.write(new byte[2]);
    }
    bytes.write(one, 10, one.length - 10);
    assertThat(NpyFile.read(file("a.npy", bytes.toByteArray())).rows().toArray())
        .containsExactly(1, 2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'|O' | (1, 2) | 'found |O'",
        ">f4 | (1, 2) | found >f4",
        "<c8 | (1, 2) | found <c8",
        "<U3 | (1, 2) | found <U3",
        "<f4 | (0, 2) | shape: expected dimensions above 0, found [0, 2]",
        "<f4 | (1, 0) | shape: expected dimensions above 0, found [1, 0]",
        "<f8 | () | a single number",
        "<f4 | (-1, 2) | the field 'shape'",
        "<f4 | (2, 2) | data: expected [2, 2] of type <f4, found 8 bytes",
      })
  void arraysOfOtherKindsAreRefused(String type, String shape, String why) throws Exception {
    Path path = file("a.npy", NpyFileTest.npy(type, shape, new byte[8]));
    assertThatThrownBy(() -> ModelInputs.read(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(why);
  }

  @Test
  void halfPrecisionIsRead() throws Exception {
    byte[] numbers = {0, 60, 0, (byte) 0xc0};
    assertThat(
            NpyFile.read(file("a.npy", NpyFileTest.npy("<f2", "(1, 2)", numbers))).rows().toArray())
        .containsExactly(1, -2);
  }
}
