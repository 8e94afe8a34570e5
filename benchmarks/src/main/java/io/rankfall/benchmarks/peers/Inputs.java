package io.rankfall.benchmarks.peers;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** The data of all works, in memory for us and as files of raw numbers for peers. */
final class Inputs {
  private static final int IMAGES = 10_000;
  private static final int SIDE = 28;
  private static final int PADDED = 32;
  private static final int CHANNELS = 3;

  private final Path folder;
  private final Dataset dataset;
  private final Examples grey;
  private final Examples coloured;

  /**
   * Reads the images and writes their files.
   *
   * @param folder an existing one, for the files
   */
  Inputs(Path folder) throws IOException {
    this.folder = folder;
    this.dataset = FashionMnist.load();
    this.grey = dataset.train().first(IMAGES);
    this.coloured = coloured(grey);
    write("784.f32", grey.inputs(0, IMAGES));
    write("3072.f32", coloured.inputs(0, IMAGES));
    byte[] labels = new byte[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      labels[i] = (byte) grey.label(i);
    }
    Files.write(labels(), labels);
  }

  /** All of Fashion-MNIST. */
  Dataset dataset() {
    return dataset;
  }

  /** Fashion-MNIST as it is (784 features), or padded to 32×32 in three channels (3,072). */
  Examples examples(int features) {
    return features == grey.features() ? grey : coloured;
  }

  Path inputs(int features) {
    return folder.resolve(features + ".f32");
  }

  Path labels() {
    return folder.resolve("labels.u8");
  }

  /** A Gaussian matrix, the same for the same shape. */
  Matrix gaussian(int rows, int cols) {
    return Matrix.gaussian(rows, cols, new SplittableRandom(1));
  }

  /** A file of the matrix's numbers, written at the first request for its shape. */
  Path file(Matrix matrix) throws IOException {
    String name = matrix.rows() + "x" + matrix.cols() + ".f32";
    if (Files.notExists(folder.resolve(name))) {
      write(name, matrix.toArray());
    }
    return folder.resolve(name);
  }

  private static Examples coloured(Examples grey) {
    int features = CHANNELS * PADDED * PADDED;
    float[] padded = new float[IMAGES * features];
    byte[] labels = new byte[IMAGES];
    float[] image = new float[SIDE * SIDE];
    int margin = (PADDED - SIDE) / 2;
    for (int i = 0; i < IMAGES; i++) {
      grey.copyInputs(i, image, 0);
      labels[i] = (byte) grey.label(i);
      for (int c = 0; c < CHANNELS; c++) {
        for (int y = 0; y < SIDE; y++) {
          int row = ((i * CHANNELS + c) * PADDED + y + margin) * PADDED;
          System.arraycopy(image, y * SIDE, padded, row + margin, SIDE);
        }
      }
    }
    return Examples.of(features, grey.classes(), padded, labels);
  }

  private void write(String name, float[] numbers) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(numbers);
    Files.write(folder.resolve(name), bytes.array());
  }
}
