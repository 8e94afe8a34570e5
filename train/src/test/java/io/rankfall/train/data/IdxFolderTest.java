package io.rankfall.train.data;

import static io.rankfall.train.data.Published.gzip;
import static io.rankfall.train.data.Published.idx;
import static io.rankfall.train.data.Published.random;
import static io.rankfall.train.data.Published.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.InputShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MNIST's format, by a path. */
final class IdxFolderTest {
  private static final byte[] PIXELS = random(5 * 12, 1);

  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void files() throws IOException {
    write(folder, "train-images-idx3-ubyte.gz", gzip(idx(5, 3, 4, PIXELS)));
    write(folder, "train-labels-idx1-ubyte", idx((byte) 0, (byte) 1, (byte) 2, (byte) 2, (byte) 1));
    write(folder, "t10k-images.idx3-ubyte", idx(2, 3, 4, random(24, 2)));
    write(folder, "t10k-labels-idx1-ubyte.gz", gzip(idx((byte) 2, (byte) 0)));
  }

  private Dataset open(String suffix) throws IOException, InterruptedException {
    return Datasets.in(new DataFolder(Path.of("nowhere"))).open(folder + suffix);
  }

  @Test
  void packedAndUnpackedFilesAreRead() throws Exception {
    Dataset data = open("");

    assertThat(data.name()).isEqualTo(folder.toString());
    assertThat(data.train().shape()).isEqualTo(new InputShape(1, 3, 4));
    assertThat(data.train().size()).isEqualTo(5);
    assertThat(data.test().size()).isEqualTo(2);
    assertThat(data.train().classes()).isEqualTo(3);
    assertThat(data.train().label(3)).isEqualTo(2);
    double mean = 0;
    for (byte pixel : PIXELS) {
      mean += (pixel & 0xff) / 60.0;
    }
    double square = 0;
    for (byte pixel : PIXELS) {
      square += Math.pow((pixel & 0xff) - mean, 2) / 60.0;
    }
    float[] image = data.train().inputs(4, 1);
    for (int i = 0; i < 12; i++) {
      assertThat((double) image[i])
          .isCloseTo(((PIXELS[48 + i] & 0xff) - mean) / Math.sqrt(square), within(1e-5));
    }
  }

  @Test
  void theHashIsOfTheContentAndNotOfItsPacking() throws Exception {
    String hash = open("").sha256();
    Files.delete(folder.resolve("train-images-idx3-ubyte.gz"));
    write(folder, "train-images-idx3-ubyte", idx(5, 3, 4, PIXELS));
    assertThat(open("").sha256()).isEqualTo(hash);

    byte[] other = PIXELS.clone();
    other[7]++;
    write(folder, "train-images-idx3-ubyte", idx(5, 3, 4, other));
    assertThat(open("").sha256()).isNotEqualTo(hash);
    write(folder, "train-images-idx3-ubyte", idx(5, 3, 4, PIXELS));
    write(folder, "t10k-labels-idx1-ubyte.gz", gzip(idx((byte) 2, (byte) 1)));
    assertThat(open("").sha256()).isNotEqualTo(hash);
  }

  @Test
  void aBorderIsBlackAndLeavesTheNumbersAlone() throws Exception {
    Dataset data = open("+pad7");
    Dataset bare = open("");

    assertThat(data.name()).isEqualTo(folder + "+pad7");
    assertThat(data.train().shape()).isEqualTo(new InputShape(1, 7, 7));
    float[] padded = data.train().inputs(2, 1);
    float[] image = bare.train().inputs(2, 1);
    for (int y = 0; y < 7; y++) {
      for (int x = 0; x < 7; x++) {
        // Two lines above, one column left; of an odd border the wider side is below and right.
        boolean inside = y >= 2 && y < 5 && x >= 1 && x < 5;
        if (inside) {
          assertThat(padded[y * 7 + x]).isEqualTo(image[(y - 2) * 4 + x - 1]);
        } else {
          assertThat(padded[y * 7 + x]).isEqualTo(padded[0]).isLessThan(-1);
        }
      }
    }
    assertThatThrownBy(() -> open("+pad3"))
        .isInstanceOf(DataFormatException.class)
        .hasMessageEndingWith("expected images of at most 3x3 to pad to, found 3x4");
  }

  @Test
  void theFirstExamplesHaveTheirOwnName() throws Exception {
    Dataset data = open("+pad4-3");
    assertThat(data.name()).isEqualTo(folder + "+pad4-3");
    assertThat(data.train().size()).isEqualTo(3);
    assertThat(data.test().size()).isEqualTo(2);
    assertThatThrownBy(() -> open("-6"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("examples: expected 1 to the 5 of %s, found 6", folder);
  }

  @Test
  void aPathThatExistsAsAWholeIsNotTakenApart() throws Exception {
    Path other = folder.resolve("set-3");
    for (String name :
        new String[] {
          "train-labels-idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels-idx1-ubyte.gz"
        }) {
      write(other, name, Files.readAllBytes(folder.resolve(name)));
    }
    write(other, "train-images-idx3-ubyte", idx(5, 3, 4, PIXELS));
    assertThat(open("/set-3").train().size()).isEqualTo(5);
    assertThat(open("/set-3-2").train().size()).isEqualTo(2);
  }

  @Test
  void aMissingFileIsNamed() throws Exception {
    Files.delete(folder.resolve("t10k-labels-idx1-ubyte.gz"));
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "%s: expected t10k-labels-idx1-ubyte.gz or t10k-labels-idx1-ubyte or t10k-labels.idx1-ubyte in %s, found nothing",
            folder, folder);
  }

  @Test
  void countsThatDisagreeAndLabelsWithoutClassAreRefused() throws Exception {
    write(folder, "t10k-labels-idx1-ubyte.gz", gzip(idx((byte) 2)));
    assertThatThrownBy(() -> open(""))
        .hasMessage(
            "%s: expected a label for each of 2 images, found 1",
            folder.resolve("t10k-images.idx3-ubyte"));
    write(folder, "t10k-labels-idx1-ubyte.gz", gzip(idx((byte) 2, (byte) 3)));
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "%s: expected labels from 0 to 2, found 3 at image 1",
            folder.resolve("t10k-images.idx3-ubyte"));
  }

  @Test
  void testImagesOfAnotherShapeAreRefused() throws Exception {
    write(folder, "t10k-images.idx3-ubyte", idx(2, 4, 3, random(24, 2)));
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("%s: expected test images of 1x3x4, as the training ones, found 1x4x3", folder);
  }

  @Test
  void aPackedFileThatUnpacksToMoreThanTheMemoryIsRefused() throws Exception {
    // A quarter of the heap and more, of zeros.
    byte[] zeros = new byte[1 << 20];
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(idx(60_000, 100, 100, new byte[0]));
      for (int i = 0; i <= Limit.bytes() >> 21; i++) {
        zip.write(zeros);
      }
    }
    write(folder, "train-images-idx3-ubyte.gz", out.toByteArray());
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessageContaining("train-images-idx3-ubyte.gz: expected at most ")
        .hasMessageEndingWith(" MiB unpacked (by the heap, java -Xmx), found more");
  }
}
