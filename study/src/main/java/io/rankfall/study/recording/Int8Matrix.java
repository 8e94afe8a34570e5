package io.rankfall.study.recording;

import io.rankfall.spectra.Matrix;
import java.util.Base64;

/**
 * A matrix to be looked at: each number is rounded to a whole multiple, −127 to 127, of max|w|/127,
 * so that it is off by max|w|/254 at most.
 *
 * @param scale what 1 stands for, ≥ 0
 * @param numbers one signed byte each, row by row, as Base64
 */
public record Int8Matrix(double scale, String numbers) {
  private static final int MOST = Byte.MAX_VALUE;

  /**
   * The given matrix, rounded.
   *
   * @param matrix of finite numbers
   */
  static Int8Matrix of(Matrix matrix) {
    float[] values = matrix.toArray();
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    double scale = largest / MOST;
    byte[] rounded = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = scale == 0 ? 0 : (byte) Math.round(values[i] / scale);
    }
    return new Int8Matrix(scale, Base64.getEncoder().encodeToString(rounded));
  }

  /** The numbers as they are now. */
  public Matrix matrix(int rows, int cols) {
    byte[] rounded = Base64.getDecoder().decode(numbers);
    float[] values = new float[rounded.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * rounded[i]);
    }
    return Matrix.of(rows, cols, values);
  }
}
