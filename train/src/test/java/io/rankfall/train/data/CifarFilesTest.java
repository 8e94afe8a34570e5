package io.rankfall.train.data;

import static io.rankfall.train.data.Published.cifar;
import static io.rankfall.train.data.Published.gzip;
import static io.rankfall.train.data.Published.random;
import static io.rankfall.train.data.Published.tar;
import static io.rankfall.train.data.Published.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.InputShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CIFAR's binary version, by a path. */
final class CifarFilesTest {
  @TempDir private Path folder = Path.of("");

  private Dataset open(String suffix) throws IOException, InterruptedException {
    return Datasets.in(new DataFolder(Path.of("nowhere"))).open(folder + suffix);
  }

  private static Map<String, byte[]> cifar10(String folder) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(folder + "test_batch.bin", cifar(4, 1, 10, 9));
    for (int i = 5; i >= 1; i--) {
      files.put(folder + "data_batch_" + i + ".bin", cifar(3, 1, 10, i));
    }
    files.put(folder + "batches.meta.txt", Published.utf8("airplane\n"));
    return files;
  }

  private void pack(Map<String, byte[]> files) throws IOException {
    write(folder, "cifar-10-binary.tar.gz", gzip(tar(files)));
  }

  @Test
  void anArchiveAndAFolderAreTheSameImagesInTheOrderOfTheBatches() throws Exception {
    pack(cifar10("cifar-10-batches-bin/"));
    Dataset packed = open("");
    Files.delete(folder.resolve("cifar-10-binary.tar.gz"));
    for (Map.Entry<String, byte[]> file : cifar10("cifar-10-batches-bin/").entrySet()) {
      write(folder, file.getKey(), file.getValue());
    }
    for (Dataset data : new Dataset[] {packed, open(""), open("/cifar-10-batches-bin")}) {
      assertThat(data.train().shape()).isEqualTo(new InputShape(3, 32, 32));
      assertThat(data.train().size()).isEqualTo(15);
      assertThat(data.test().size()).isEqualTo(4);
      assertThat(data.train().classes()).isEqualTo(10);
      assertThat(data.sha256()).isEqualTo(packed.sha256());
      // The second image of the third batch.
      assertThat(data.train().label(7)).isEqualTo(4);
      byte[] pixels = random(3072, 3001);
      float[] numbers = data.train().inputs(7, 1);
      for (int channel = 0; channel < 3; channel++) {
        // Standardisation keeps the order of a channel's values.
        for (int i = 1; i < 1024; i++) {
          int at = channel * 1024 + i;
          assertThat(Integer.signum(Float.compare(numbers[at], numbers[at - 1])))
              .isEqualTo(Integer.signum((pixels[at] & 0xff) - (pixels[at - 1] & 0xff)));
        }
      }
    }
  }

  @Test
  void theFineLabelOfAHundredCounts() throws Exception {
    write(folder, "train.bin", cifar(120, 2, 100, 7));
    write(folder, "test.bin", cifar(2, 2, 100, 98));
    Dataset data = open("");

    assertThat(data.train().size()).isEqualTo(120);
    assertThat(data.train().classes()).isEqualTo(100);
    assertThat(data.train().label(0)).isEqualTo(7);
    assertThat(data.train().label(99)).isEqualTo(6);
    assertThat(data.test().label(1)).isEqualTo(99);
  }

  @Test
  void namesThatLeadElsewhereAreNeverWritten() throws Exception {
    Map<String, byte[]> files = cifar10("../../../../");
    files.put("/etc/evil.bin", new byte[10]);
    pack(files);
    List<Path> before = files();
    assertThat(open("").train().size()).isEqualTo(15);
    assertThat(files()).isEqualTo(before);
    assertThat(Path.of("/etc/evil.bin")).doesNotExist();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.sorted().toList();
    }
  }

  @Test
  void filesThatAreMissingTwiceThereOrCutAreNamed() throws Exception {
    Map<String, byte[]> files = cifar10("");
    files.remove("data_batch_4.bin");
    pack(files);
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "%s: expected the file data_batch_4.bin in it, found none",
            folder.resolve("cifar-10-binary.tar.gz"));

    files = cifar10("");
    files.put("again/test_batch.bin", cifar(4, 1, 10, 9));
    pack(files);
    assertThatThrownBy(() -> open(""))
        .hasMessageEndingWith("test_batch.bin: expected one file, found two");

    files = cifar10("");
    files.put("data_batch_2.bin", Arrays.copyOf(cifar(3, 1, 10, 2), 3 * 3073 - 1));
    pack(files);
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "%s: data_batch_2.bin: expected records of 3073 bytes, found 9218 bytes", folder);

    files = cifar10("");
    files.put("data_batch_2.bin", new byte[0]);
    pack(files);
    assertThatThrownBy(() -> open(""))
        .hasMessageEndingWith("expected records of 3073 bytes, found 0 bytes");

    files = cifar10("");
    byte[] test = cifar(4, 1, 10, 9);
    test[3073] = 10;
    files.put("test_batch.bin", test);
    pack(files);
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("%s: test_batch.bin: expected labels from 0 to 9, found 10 at image 1", folder);
  }

  @Test
  void anEntryThatClaimsMoreThanTheMemoryIsRefusedBeforeItIsRead() throws Exception {
    byte[] tar = tar(cifar10(""));
    // The size of the first entry, in octal digits, and the checksum of its header.
    byte[] size = Published.utf8("20000000000");
    System.arraycopy(size, 0, tar, 124, size.length);
    Arrays.fill(tar, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += tar[i] & 0xff;
    }
    byte[] checksum = Published.utf8("%06o\0 ".formatted(sum));
    System.arraycopy(checksum, 0, tar, 148, checksum.length);
    write(folder, "cifar-10-binary.tar.gz", gzip(tar));
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessageContaining("test_batch.bin: expected at most ")
        .hasMessageEndingWith("found 2048 MiB");
  }

  @Test
  void aCutArchiveAndGarbageAreRefusedInOneLine() throws Exception {
    byte[] whole = gzip(tar(cifar10("")));
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < 60; i++) {
      byte[] bytes = whole.clone();
      if (i % 3 == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(whole.length - 20));
      } else if (i % 3 == 1) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      } else {
        byte[] tar = tar(cifar10(""));
        tar[random.nextInt(512)] ^= (byte) (1 << random.nextInt(8));
        bytes = gzip(tar);
      }
      write(folder, "cifar-10-binary.tar.gz", bytes);
      try {
        assertThat(open("").train().size()).isEqualTo(15);
      } catch (DataFormatException e) {
        assertThat(e.getMessage())
            .startsWith(folder.toString())
            .contains(": expected ")
            .doesNotContain("\n");
      }
    }
  }
}
