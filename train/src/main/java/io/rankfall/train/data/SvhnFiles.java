package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.InputShape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.format.Mat5Reader;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Source;
import us.hebi.matlab.mat.types.Sources;

/**
 * The cropped digits of SVHN: MATLAB 5 files of X, 32×32×3×N bytes with the row as the fastest
 * index, and y, N labels from 1 to 10, where 10 is the digit 0.
 */
final class SvhnFiles {
  static final String TRAIN = "train_32x32.mat";
  static final String TEST = "test_32x32.mat";

  private static final int SIDE = 32;
  private static final InputShape SHAPE = new InputShape(3, SIDE, SIDE);
  private static final int CLASSES = 10;

  private SvhnFiles() {}

  /** Whether such files are here. */
  static boolean isIn(FolderFiles files) {
    return files.find(TRAIN) != null;
  }

  static ImageSplit read(FolderFiles files) throws IOException {
    return ImageSplit.of(
        images(files.verified(files.require(TRAIN))),
        images(files.verified(files.require(TEST))),
        CLASSES);
  }

  private static ImageSet images(Path path) throws IOException {
    try (Source source = Sources.openFile(path.toFile())) {
      MatFile file =
          Mat5.newReader(source)
              .disableSubsystemProcessing()
              .setEntryFilter(entry -> isWanted(entry))
              .readMat();
      byte[] pixels = pixels(path, matrix(path, file, "X"));
      return ImageSet.of(path.toString(), SHAPE, pixels, labels(matrix(path, file, "y")));
    } catch (DataFormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The library meets damage with exceptions of every kind.
      DataFormatException refusal =
          new DataFormatException(
              "%s: expected a MATLAB 5 file, found damage (%s)".formatted(path, reason(e)));
      refusal.initCause(e);
      throw refusal;
    }
  }

  private static String reason(Exception e) {
    return e.getMessage() == null
        ? e.getClass().getSimpleName()
        : e.getMessage().lines().findFirst().orElse("");
  }

  /** Refuses what a file claims before there is memory for it. */
  private static boolean isWanted(Mat5Reader.EntryHeader entry) {
    long bytes = 1;
    for (int dim : entry.getDimensions()) {
      bytes = Math.multiplyExact(bytes, (long) dim);
    }
    if (bytes > Limit.bytes()) {
      throw new IllegalArgumentException(
          "%s claims %d MiB, by the heap (java -Xmx) there is room for %d"
              .formatted(entry.getName(), bytes >> 20, Limit.bytes() >> 20));
    }
    return entry.getName().equals("X") || entry.getName().equals("y");
  }

  private static Matrix matrix(Path path, MatFile file, String name) throws DataFormatException {
    for (MatFile.Entry entry : file.getEntries()) {
      if (entry.getName().equals(name) && entry.getValue() instanceof Matrix matrix) {
        return matrix;
      }
    }
    throw new DataFormatException("%s: expected the array %s, found none".formatted(path, name));
  }

  /** Rows become the slower index of a channel, and images the slowest. */
  private static byte[] pixels(Path path, Matrix x) throws DataFormatException {
    int[] dims = x.getDimensions();
    if (x.getType() != MatlabType.UInt8
        || dims.length != 4
        || dims[0] != SIDE
        || dims[1] != SIDE
        || dims[2] != SHAPE.channels()) {
      throw new DataFormatException(
          "%s: expected X of 32x32x3xN uint8, found %s %s"
              .formatted(
                  path,
                  Arrays.stream(dims).mapToObj(String::valueOf).collect(Collectors.joining("x")),
                  x.getType()));
    }
    byte[] pixels = new byte[x.getNumElements()];
    for (int plane = 0; plane < pixels.length; plane += SIDE * SIDE) {
      for (int col = 0; col < SIDE; col++) {
        for (int row = 0; row < SIDE; row++) {
          pixels[plane + row * SIDE + col] = (byte) x.getInt(plane + col * SIDE + row);
        }
      }
    }
    return pixels;
  }

  private static int[] labels(Matrix y) {
    int[] labels = new int[y.getNumElements()];
    for (int i = 0; i < labels.length; i++) {
      int label = y.getInt(i);
      // 0 itself is no label of the files, and none is made of it.
      labels[i] = label == CLASSES ? 0 : label == 0 ? -1 : label;
    }
    return labels;
  }
}
