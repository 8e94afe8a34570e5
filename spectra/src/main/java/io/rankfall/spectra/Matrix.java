package io.rankfall.spectra;

import java.util.Arrays;
import java.util.Objects;
import java.util.random.RandomGenerator;

/** An immutable dense matrix of single-precision numbers, stored row by row. */
public final class Matrix {
  /** Rows transposed together: their cache lines are used up before they are evicted. */
  private static final int TILE = 16;

  private final int rows;
  private final int cols;
  private final float[] values;

  private Matrix(int rows, int cols, float[] values) {
    this.rows = rows;
    this.cols = cols;
    this.values = values;
  }

  /**
   * A matrix of the given numbers, which are copied.
   *
   * @param values {@code rows·cols} numbers, row by row
   * @throws IllegalArgumentException if a dimension is below 1 or the count of numbers differs from
   *     {@code rows·cols}
   */
  public static Matrix of(int rows, int cols, float... values) {
    checkShape(rows, cols, values.length);
    return new Matrix(rows, cols, values.clone());
  }

  /** A matrix of independent standard normal numbers drawn from {@code random}. */
  public static Matrix gaussian(int rows, int cols, RandomGenerator random) {
    float[] values = new float[checkShape(rows, cols, (long) rows * cols)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return new Matrix(rows, cols, values);
  }

  /** Writes the numbers of a new matrix. */
  @FunctionalInterface
  public interface Filler<E extends Exception> {
    /**
     * Overwrites the zeros of {@code values}, row by row, and does not keep the array.
     *
     * @throws E if the numbers cannot be had
     */
    void fill(float[] values) throws E;
  }

  /** A matrix whose numbers {@code filler} writes in place: nothing is copied. */
  public static <E extends Exception> Matrix filled(int rows, int cols, Filler<E> filler) throws E {
    float[] values = new float[checkShape(rows, cols, (long) rows * cols)];
    filler.fill(values);
    return new Matrix(rows, cols, values);
  }

  /** As {@link #of} without the copy: the caller gives the array away. */
  static Matrix owning(int rows, int cols, float[] values) {
    checkShape(rows, cols, values.length);
    return new Matrix(rows, cols, values);
  }

  private static int checkShape(int rows, int cols, long count) {
    if (rows < 1 || cols < 1) {
      throw new IllegalArgumentException(
          "matrix shape: expected at least 1x1, found %dx%d".formatted(rows, cols));
    }
    if ((long) rows * cols != count || count > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "matrix %dx%d: expected %d numbers, found %d"
              .formatted(rows, cols, (long) rows * cols, count));
    }
    return (int) count;
  }

  public int rows() {
    return rows;
  }

  public int cols() {
    return cols;
  }

  /** The smaller dimension: the largest rank this matrix can have. */
  public int fullRank() {
    return Math.min(rows, cols);
  }

  public long size() {
    return values.length;
  }

  public float get(int row, int col) {
    return values[Objects.checkIndex(row, rows) * cols + Objects.checkIndex(col, cols)];
  }

  /** A copy of the numbers, row by row. */
  public float[] toArray() {
    return values.clone();
  }

  /** The numbers themselves, row by row: read only, by this package. */
  float[] values() {
    return values;
  }

  /** The {@code count} rows from {@code first} on, copied. */
  public Matrix rows(int first, int count) {
    Objects.checkFromIndexSize(first, count, rows);
    return owning(count, cols, Arrays.copyOfRange(values, first * cols, (first + count) * cols));
  }

  public Matrix transposed() {
    float[] t = new float[values.length];
    for (int top = 0; top < rows; top += TILE) {
      int bottom = Math.min(rows, top + TILE);
      for (int j = 0; j < cols; j++) {
        for (int i = top; i < bottom; i++) {
          t[j * rows + i] = values[i * cols + j];
        }
      }
    }
    return new Matrix(cols, rows, t);
  }

  /** This matrix times {@code right}, accumulated in double precision and rounded once. */
  public Matrix times(Matrix right) {
    if (cols != right.rows) {
      throw new IllegalArgumentException(
          "product: expected %d rows on the right, found %d".formatted(cols, right.rows));
    }
    float[] product = new float[Math.multiplyExact(rows, right.cols)];
    double[] sum = new double[right.cols];
    for (int i = 0; i < rows; i++) {
      Arrays.fill(sum, 0);
      for (int k = 0; k < cols; k++) {
        double a = values[i * cols + k];
        int from = k * right.cols;
        for (int j = 0; j < right.cols; j++) {
          sum[j] += a * right.values[from + j];
        }
      }
      for (int j = 0; j < right.cols; j++) {
        product[i * right.cols + j] = (float) sum[j];
      }
    }
    return new Matrix(rows, right.cols, product);
  }

  /** This matrix minus {@code other}, of the same shape. */
  public Matrix minus(Matrix other) {
    if (rows != other.rows || cols != other.cols) {
      throw new IllegalArgumentException(
          "difference: expected %dx%d, found %dx%d".formatted(rows, cols, other.rows, other.cols));
    }
    float[] difference = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      difference[i] = values[i] - other.values[i];
    }
    return new Matrix(rows, cols, difference);
  }

  /** ‖A‖_F, accumulated in double precision; not finite if an entry is not. */
  public double frobeniusNorm() {
    // Four sums: one alone would wait for each addition.
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < values.length; i += 4) {
      double v0 = values[i];
      double v1 = values[i + 1];
      double v2 = values[i + 2];
      double v3 = values[i + 3];
      s0 += v0 * v0;
      s1 += v1 * v1;
      s2 += v2 * v2;
      s3 += v3 * v3;
    }
    for (; i < values.length; i++) {
      s0 += (double) values[i] * values[i];
    }
    return Math.sqrt((s0 + s1) + (s2 + s3));
  }

  public boolean isFinite() {
    for (float v : values) {
      if (!Float.isFinite(v)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Matrix m
        && rows == m.rows
        && cols == m.cols
        && Arrays.equals(values, m.values);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * rows + cols) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Matrix[%dx%d]".formatted(rows, cols);
  }
}
