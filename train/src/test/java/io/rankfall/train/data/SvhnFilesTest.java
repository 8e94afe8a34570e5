package io.rankfall.train.data;

import static io.rankfall.train.data.Published.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.InputShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Sink;
import us.hebi.matlab.mat.types.Sinks;

/** MATLAB's files of SVHN, by a path. */
final class SvhnFilesTest {
  @TempDir private Path folder = Path.of("");

  private Dataset open() throws IOException, InterruptedException {
    return Datasets.in(new DataFolder(Path.of("nowhere"))).open(folder.toString());
  }

  /** The value of a pixel, of whatever image, channel, row and column. */
  private static int value(int n, int channel, int row, int col) {
    return (n * 17 + channel * 71 + row * 5 + col * 3) % 256;
  }

  private static Matrix images(MatlabType type, int... dims) {
    Matrix x = Mat5.newMatrix(dims, type);
    for (int n = 0; n < dims[3]; n++) {
      for (int c = 0; c < dims[2]; c++) {
        for (int row = 0; row < dims[0]; row++) {
          for (int col = 0; col < dims[1]; col++) {
            x.setInt(new int[] {row, col, c, n}, value(n, c, row, col));
          }
        }
      }
    }
    return x;
  }

  private static Matrix labels(int... labels) {
    Matrix y = Mat5.newMatrix(labels.length, 1, MatlabType.UInt8);
    for (int i = 0; i < labels.length; i++) {
      y.setInt(i, labels[i]);
    }
    return y;
  }

  private void write(String name, Matrix x, Matrix y) throws IOException {
    try (MatFile file = Mat5.newMatFile().addArray("X", x).addArray("y", y)) {
      Mat5.writeToFile(file, folder.resolve(name).toFile());
    }
  }

  private void writeBoth() throws IOException {
    write(SvhnFiles.TRAIN, images(MatlabType.UInt8, 32, 32, 3, 4), labels(1, 10, 9, 2));
    write(SvhnFiles.TEST, images(MatlabType.UInt8, 32, 32, 3, 2), labels(10, 5));
  }

  @Test
  void columnsBecomeRowsAndTenBecomesZero() throws Exception {
    writeBoth();
    Dataset data = open();

    assertThat(data.train().shape()).isEqualTo(new InputShape(3, 32, 32));
    assertThat(data.train().size()).isEqualTo(4);
    assertThat(data.test().size()).isEqualTo(2);
    assertThat(data.train().classes()).isEqualTo(10);
    int[] labels = new int[4];
    Arrays.setAll(labels, data.train()::label);
    assertThat(labels).containsExactly(1, 0, 9, 2);
    assertThat(data.test().label(0)).isZero();
    float[] numbers = data.train().inputs(2, 1);
    // Standardised values of a channel are in the order of its bytes, and equal bytes are equal.
    for (int c = 0; c < 3; c++) {
      float[] seen = new float[256];
      Arrays.fill(seen, Float.NaN);
      for (int i = 0; i < 1024; i++) {
        int byteValue = value(2, c, i / 32, i % 32);
        float number = numbers[c * 1024 + i];
        assertThat(Float.isNaN(seen[byteValue]) || seen[byteValue] == number).isTrue();
        seen[byteValue] = number;
      }
      float before = Float.NEGATIVE_INFINITY;
      for (float number : seen) {
        if (!Float.isNaN(number)) {
          assertThat(number).isGreaterThan(before);
          before = number;
        }
      }
    }
  }

  @Test
  void otherArraysAreRefused() throws Exception {
    writeBoth();
    String train = folder.resolve(SvhnFiles.TRAIN).toString();
    write(SvhnFiles.TRAIN, images(MatlabType.UInt8, 32, 32, 3, 4), labels(1, 10, 9));
    assertThatThrownBy(this::open)
        .isInstanceOf(DataFormatException.class)
        .hasMessage(train + ": expected a label for each of 4 images, found 3");
    write(SvhnFiles.TRAIN, images(MatlabType.UInt8, 32, 32, 3, 2), labels(0, 1));
    assertThatThrownBy(this::open)
        .hasMessage(train + ": expected labels from 0 to 9, found -1 at image 0");
    write(SvhnFiles.TRAIN, images(MatlabType.UInt8, 28, 32, 3, 2), labels(1, 1));
    assertThatThrownBy(this::open)
        .hasMessage(train + ": expected X of 32x32x3xN uint8, found 28x32x3x2 uint8");
    write(SvhnFiles.TRAIN, images(MatlabType.Int16, 32, 32, 3, 2), labels(1, 1));
    assertThatThrownBy(this::open)
        .hasMessage(train + ": expected X of 32x32x3xN uint8, found 32x32x3x2 int16");
    try (MatFile file = Mat5.newMatFile().addArray("y", labels(1))) {
      Mat5.writeToFile(file, train);
    }
    assertThatThrownBy(this::open).hasMessage(train + ": expected the array X, found none");
  }

  @Test
  void whatIsDamagedIsRefusedInOneLine() throws Exception {
    writeBoth();
    byte[] whole = Files.readAllBytes(folder.resolve(SvhnFiles.TRAIN));
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 80; i++) {
      byte[] bytes =
          i % 2 == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
      if (i % 2 == 1) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Published.write(folder, SvhnFiles.TRAIN, bytes);
      try {
        assertThat(open().train().size()).isPositive();
      } catch (DataFormatException e) {
        assertThat(e.getMessage())
            .startsWith(folder.resolve(SvhnFiles.TRAIN) + ": expected ")
            .doesNotContain("\n");
      }
    }
    Published.write(folder, SvhnFiles.TRAIN, random(5000, 1));
    assertThatThrownBy(this::open)
        .isInstanceOf(DataFormatException.class)
        .hasMessageStartingWith(folder.resolve(SvhnFiles.TRAIN) + ": expected a MATLAB 5 file");
  }

  @Test
  void anArrayThatClaimsMoreThanTheMemoryIsRefusedBeforeItIsRead() throws Exception {
    // Without compression, so that dimensions can be changed where they stand.
    writeBoth();
    Path file = folder.resolve(SvhnFiles.TRAIN);
    try (Sink sink = Sinks.newStreamingFile(file.toFile());
        MatFile mat =
            Mat5.newMatFile()
                .addArray("X", images(MatlabType.UInt8, 32, 32, 3, 4))
                .addArray("y", labels(1, 2, 3, 4))) {
      Mat5.newWriter(sink).setDeflateLevel(Deflater.NO_COMPRESSION).writeMat(mat);
    }
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer numbers = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    int at = 128;
    while (numbers.getInt(at) != 32 || numbers.getInt(at + 4) != 32) {
      at++;
    }
    numbers.putInt(at + 12, 1_000_000);
    Files.write(file, bytes);
    assertThatThrownBy(this::open)
        .isInstanceOf(DataFormatException.class)
        .hasMessageContaining("X claims 2929 MiB, by the heap (java -Xmx) there is room for ");
  }
}
