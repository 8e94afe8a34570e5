package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.InputShape;
import java.nio.ByteBuffer;

/**
 * The IDX format of MNIST and its relatives: magic {@code 0x000008nn} with nn the number of
 * dimensions, the dimensions as big-endian 32-bit numbers, then unsigned bytes.
 */
final class IdxFile {
  private static final int UNSIGNED_BYTES = 0x0800;

  private IdxFile() {}

  /** Images: count × rows × cols; {@code pixels} holds rows·cols bytes an image. */
  record Images(String name, int count, int rows, int cols, ByteBuffer pixels) {

    /** These with their labels. */
    ImageSet labelled(byte[] labels) throws DataFormatException {
      byte[] bytes = new byte[pixels.remaining()];
      pixels.get(0, bytes);
      return ImageSet.of(name, new InputShape(1, rows, cols), bytes, labels);
    }
  }

  static Images images(String name, byte[] file) throws DataFormatException {
    ByteBuffer buffer = header(name, file, 3);
    int count = dimension(name, buffer);
    int rows = dimension(name, buffer);
    int cols = dimension(name, buffer);
    requireBody(name, buffer, (long) count * rows * cols);
    return new Images(name, count, rows, cols, buffer.slice());
  }

  static byte[] labels(String name, byte[] file) throws DataFormatException {
    ByteBuffer buffer = header(name, file, 1);
    int count = dimension(name, buffer);
    requireBody(name, buffer, count);
    byte[] labels = new byte[count];
    buffer.get(labels);
    return labels;
  }

  private static ByteBuffer header(String name, byte[] file, int dimensions)
      throws DataFormatException {
    ByteBuffer buffer = ByteBuffer.wrap(file);
    int expected = UNSIGNED_BYTES + dimensions;
    if (file.length < 4 * (dimensions + 1)) {
      throw new DataFormatException(
          "%s: expected an IDX header of %d bytes, found a file of %d"
              .formatted(name, 4 * (dimensions + 1), file.length));
    }
    int magic = buffer.getInt();
    if (magic != expected) {
      throw new DataFormatException(
          "%s: expected IDX magic 0x%08x, found 0x%08x".formatted(name, expected, magic));
    }
    return buffer;
  }

  /** At most 2²⁰, so that the product of three cannot overflow. */
  private static int dimension(String name, ByteBuffer buffer) throws DataFormatException {
    int dimension = buffer.getInt();
    if (dimension < 1 || dimension > 1 << 20) {
      throw new DataFormatException(
          "%s: expected a dimension from 1 to 2^20, found %d"
              .formatted(name, Integer.toUnsignedLong(dimension)));
    }
    return dimension;
  }

  private static void requireBody(String name, ByteBuffer buffer, long expected)
      throws DataFormatException {
    if (buffer.remaining() != expected) {
      throw new DataFormatException(
          "%s: expected %d bytes after the header, found %d"
              .formatted(name, expected, buffer.remaining()));
    }
  }
}
