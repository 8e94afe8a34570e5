package io.rankfall.study.store;

import io.rankfall.spectra.Spectrum;
import java.io.ByteArrayOutputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Singular values as bytes: in single precision, big-endian, the first bytes of all numbers before
 * the second ones and so on, in zlib's format (RFC 1950), whose checksum tells damage. Neighbours
 * share their first bytes, which is what there is to compress.
 */
final class SpectrumBytes {
  /** A byte of the format stands for at most so many. */
  private static final int MOST_DEFLATED = 1032;

  private SpectrumBytes() {}

  static byte[] of(Spectrum spectrum) {
    int size = spectrum.size();
    byte[] planes = new byte[size * Float.BYTES];
    for (int i = 0; i < size; i++) {
      int bits = Float.floatToRawIntBits((float) spectrum.sigma(i));
      for (int b = 0; b < Float.BYTES; b++) {
        planes[b * size + i] = (byte) (bits >>> (24 - 8 * b));
      }
    }
    Deflater deflater = new Deflater();
    try {
      deflater.setInput(planes);
      deflater.finish();
      ByteArrayOutputStream out = new ByteArrayOutputStream(planes.length);
      byte[] buffer = new byte[4096];
      while (!deflater.finished()) {
        out.write(buffer, 0, deflater.deflate(buffer));
      }
      return out.toByteArray();
    } finally {
      deflater.end();
    }
  }

  /**
   * @throws IllegalArgumentException in one line, if the bytes are not those of such a matrix
   */
  static Spectrum spectrum(int rows, int cols, byte[] bytes) {
    int size = Math.min(rows, cols);
    if (size < 1 || size > (long) bytes.length * MOST_DEFLATED / Float.BYTES) {
      throw new IllegalArgumentException(
          "spectrum: expected that of a %dx%d matrix, found %d bytes"
              .formatted(rows, cols, bytes.length));
    }
    byte[] planes = inflated(bytes, size * Float.BYTES);
    double[] sigma = new double[size];
    for (int i = 0; i < size; i++) {
      int bits = 0;
      for (int b = 0; b < Float.BYTES; b++) {
        bits = (bits << 8) | Byte.toUnsignedInt(planes[b * size + i]);
      }
      sigma[i] = Float.intBitsToFloat(bits);
    }
    return Spectrum.of(rows, cols, sigma);
  }

  private static byte[] inflated(byte[] bytes, int expected) {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(bytes);
      byte[] planes = new byte[expected];
      int done = 0;
      while (done < expected) {
        int count = inflater.inflate(planes, done, expected - done);
        if (count == 0) {
          break;
        }
        done += count;
      }
      // One more call reads the checksum behind the last number.
      if (done < expected || inflater.inflate(new byte[1]) != 0 || !inflater.finished()) {
        throw new IllegalArgumentException(
            "spectrum: expected %d bytes, found %s"
                .formatted(expected, done < expected ? done + "" : "more"));
      }
      return planes;
    } catch (DataFormatException e) {
      throw new IllegalArgumentException(
          "spectrum: expected compressed numbers, found " + e.getMessage(), e);
    } finally {
      inflater.end();
    }
  }
}
