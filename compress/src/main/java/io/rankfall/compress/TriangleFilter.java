package io.rankfall.compress;

/**
 * Resamples a line of bytes: each new value is a weighted mean of the old ones around it, with
 * weights max(0, 1 − |x − centre|/s), s = max(1, old length/new length). This is the bilinear
 * filter of Pillow with its integers: weights are multiples of 2⁻²², results are rounded to bytes.
 */
final class TriangleFilter {
  private static final int PRECISION = 22;
  private static final int HALF = 1 << (PRECISION - 1);

  private final int[] starts;
  private final int[][] weights;

  /**
   * For the new values from {@code from} to {@code to} (exclusive).
   *
   * @param length of the line
   * @param resized its new length
   */
  TriangleFilter(int length, int resized, int from, int to) {
    double scale = (double) length / resized;
    double support = Math.max(1, scale);
    this.starts = new int[to - from];
    this.weights = new int[to - from][];
    for (int i = 0; i < starts.length; i++) {
      double centre = (from + i + 0.5) * scale;
      int first = Math.max(0, (int) (centre - support + 0.5));
      int end = Math.min(length, (int) (centre + support + 0.5));
      starts[i] = first;
      weights[i] = integers(first, end, centre, support);
    }
  }

  private static int[] integers(int first, int end, double centre, double support) {
    double[] exact = new double[end - first];
    double sum = 0;
    for (int j = 0; j < exact.length; j++) {
      exact[j] = Math.max(0, 1 - Math.abs(j + first - centre + 0.5) / support);
      sum += exact[j];
    }
    int[] rounded = new int[exact.length];
    for (int j = 0; j < exact.length; j++) {
      rounded[j] = (int) (0.5 + exact[j] / sum * (1 << PRECISION));
    }
    return rounded;
  }

  /** How many values it makes. */
  int size() {
    return starts.length;
  }

  /** The first value of the line that counts. */
  int first() {
    return starts[0];
  }

  /** The value after the last that counts. */
  int end() {
    int last = starts.length - 1;
    return starts[last] + weights[last].length;
  }

  /**
   * One new value.
   *
   * @param offset where value 0 of the line is, which may be outside of the array
   * @param stride how far the values of the line are apart
   */
  byte apply(int index, byte[] line, int offset, int stride) {
    int[] own = weights[index];
    int sum = HALF;
    int at = offset + starts[index] * stride;
    for (int weight : own) {
      sum += (line[at] & 0xff) * weight;
      at += stride;
    }
    return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
  }
}
