package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;

/**
 * A matrix of single-precision numbers outside the heap, row by row, zero at first. Rows start at
 * cache lines, an odd number of lines apart, so that the rows of a tile fall into different sets of
 * the cache.
 */
final class NativeMatrix implements AutoCloseable {
  private static final int LINE = 64 / Float.BYTES;

  private final int cols;
  private final int stride;
  private final FloatPointer owner;
  private final FloatPointer start;
  private final FloatBuffer numbers;

  /**
   * @throws IllegalArgumentException if it would take 2 GiB or more
   */
  NativeMatrix(int rows, int cols) {
    this.cols = cols;
    this.stride = stride(cols);
    long count = (long) rows * stride;
    if (count > Integer.MAX_VALUE / Float.BYTES) {
      throw new IllegalArgumentException(
          "matrix %dx%d: expected less than 2 GiB in training".formatted(rows, cols));
    }
    this.owner = new FloatPointer(count + LINE);
    FloatPointer.memset(owner, 0, (count + LINE) * Float.BYTES);
    long beyond = owner.address() / Float.BYTES % LINE;
    this.start = owner.getPointer(beyond == 0 ? 0 : LINE - beyond);
    this.numbers = start.limit(count).asBuffer();
  }

  /** From the start of a row to the next in a matrix of so many columns. */
  static int stride(int cols) {
    int lines = (cols + LINE - 1) / LINE;
    return (lines | 1) * LINE;
  }

  /** From the start of a row to the next, in numbers. */
  int stride() {
    return stride;
  }

  /** How many numbers lie between the first and the last, those between rows included. */
  int count() {
    return numbers.capacity();
  }

  /** Where the given row starts; of the first, always the same object. */
  FloatPointer row(int row) {
    return row == 0 ? start : start.getPointer((long) row * stride);
  }

  /** Where the given column starts. */
  FloatPointer column(int col) {
    return start.getPointer(col);
  }

  /** Overwrites a row by the numbers of {@code from} that start at {@code offset}. */
  void put(int row, float[] from, int offset) {
    numbers.put(row * stride, from, offset, cols);
  }

  /** Copies a row to the beginning of {@code to}. */
  void get(int row, float[] to) {
    get(row, to, 0);
  }

  /** Copies a row to {@code to}, from {@code at} on. */
  void get(int row, float[] to, int at) {
    numbers.get(row * stride, to, at, cols);
  }

  /** Overwrites whole rows by the first numbers of a {@link Tile}. */
  void putRows(int first, float[] tile, int length) {
    numbers.put(first * stride, tile, 0, length);
  }

  /** Copies whole rows to the beginning of a {@link Tile}. */
  void getRows(int first, float[] tile, int length) {
    numbers.get(first * stride, tile, 0, length);
  }

  /** A copy of the numbers, without those between rows. */
  Matrix copy() {
    int rows = count() / stride;
    return Matrix.filled(
        rows,
        cols,
        values -> {
          for (int r = 0; r < rows; r++) {
            get(r, values, r * cols);
          }
        });
  }

  /** Overwrites all numbers, given row by row. */
  void overwrite(float[] values) {
    for (int r = 0; r < count() / stride; r++) {
      put(r, values, r * cols);
    }
  }

  @Override
  public void close() {
    owner.close();
  }
}
