package io.rankfall.compress;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;

/** Immutable samples of equal width, one a row: images, tokens or logits in single precision. */
public final class Rows {
  private final int count;
  private final int width;
  private final int offset;
  private final float[] values;

  private Rows(int count, int width, int offset, float[] values) {
    this.count = count;
    this.width = width;
    this.offset = offset;
    this.values = values;
  }

  /**
   * Samples of the given numbers, which are copied.
   *
   * @param values row by row; their count is a positive multiple of {@code width}
   */
  public static Rows of(int width, float... values) {
    return owning(width, values.clone());
  }

  /** As {@link #of} without the copy: the caller gives the array away. */
  static Rows owning(int width, float[] values) {
    if (width < 1 || values.length == 0 || values.length % width != 0) {
      throw new IllegalArgumentException(
          "rows of width %d: expected a positive multiple of the width, found %d numbers"
              .formatted(width, values.length));
    }
    return new Rows(values.length / width, width, 0, values);
  }

  public int count() {
    return count;
  }

  public int width() {
    return width;
  }

  public float get(int row, int col) {
    return values[index(row) + Objects.checkIndex(col, width)];
  }

  /** The rows from {@code from} (inclusive) to {@code to} (exclusive), sharing the numbers. */
  public Rows slice(int from, int to) {
    Objects.checkFromToIndex(from, to, count);
    if (from == to) {
      throw new IllegalArgumentException("slice: expected at least one row, found none");
    }
    return new Rows(to - from, width, offset + from * width, values);
  }

  /** The index of the largest number in a row, the first of equals. */
  public int argmax(int row) {
    int from = index(row);
    int best = 0;
    for (int j = 1; j < width; j++) {
      if (values[from + j] > values[from + best]) {
        best = j;
      }
    }
    return best;
  }

  /** A copy of the numbers, row by row. */
  public float[] toArray() {
    return Arrays.copyOfRange(values, offset, offset + count * width);
  }

  void copyTo(FloatBuffer buffer) {
    buffer.put(values, offset, count * width);
  }

  private int index(int row) {
    return offset + Objects.checkIndex(row, count) * width;
  }
}
