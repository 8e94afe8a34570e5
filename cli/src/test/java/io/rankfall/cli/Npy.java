package io.rankfall.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** Files of NumPy arrays. */
final class Npy {
  private Npy() {}

  /** A little-endian float32 array of deterministic numbers. */
  static byte[] random(int rows, int cols) {
    String dict =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }".formatted(rows, cols);
    int padded = (10 + dict.length() + 1 + 63) / 64 * 64 - 10;
    ByteBuffer buffer =
        ByteBuffer.allocate(10 + padded + 4 * rows * cols).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1);
    buffer.put((byte) 0).putShort((short) padded);
    buffer.put(
        (dict + " ".repeat(padded - dict.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < rows * cols; i++) {
      buffer.putFloat((float) random.nextGaussian());
    }
    return buffer.array();
  }
}
