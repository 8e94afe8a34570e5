package io.rankfall.train;

/**
 * Loops over rows of numbers. Each touches all its arrays at one index, which is the form that the
 * JIT compiler turns into vector instructions.
 */
final class Vectors {
  private Vectors() {}

  /** sum ← sum + x. */
  static void add(float[] x, float[] sum) {
    for (int j = 0; j < sum.length; j++) {
      sum[j] += x[j];
    }
  }

  /** sum ← sum + x·y. */
  static void addProduct(float[] x, float[] y, float[] sum) {
    for (int j = 0; j < sum.length; j++) {
      sum[j] += x[j] * y[j];
    }
  }

  /** sum ← sum + (x − mean)². */
  static void addSquaredDistance(float[] x, float[] mean, float[] sum) {
    for (int j = 0; j < sum.length; j++) {
      float d = x[j] - mean[j];
      sum[j] += d * d;
    }
  }

  /** result ← (x − mean)·factor. */
  static void normalize(float[] x, float[] mean, float[] factor, float[] result) {
    for (int j = 0; j < result.length; j++) {
      result[j] = (x[j] - mean[j]) * factor[j];
    }
  }

  /** result ← max(factor·x + offset, 0). */
  static void scaleAndRectify(float[] x, float[] factor, float[] offset, float[] result) {
    for (int j = 0; j < result.length; j++) {
      result[j] = Math.max(factor[j] * x[j] + offset[j], 0f);
    }
  }

  /** x ← max(x + offset, 0). */
  static void addAndRectify(float[] x, float[] offset) {
    for (int j = 0; j < x.length; j++) {
      x[j] = Math.max(x[j] + offset[j], 0f);
    }
  }

  /**
   * The gradient through ReLU: delta ← delta where the output is positive, else 0. A choice would
   * not be vectorised; the product is exact except for outputs below 3e-39.
   */
  static void maskWhereZero(float[] delta, float[] outputs) {
    for (int j = 0; j < delta.length; j++) {
      delta[j] *= Math.min(outputs[j] * Float.MAX_VALUE, 1f);
    }
  }

  /** x ← a·x + b·y + c. */
  static void combine(float[] x, float[] a, float[] b, float[] y, float[] c) {
    for (int j = 0; j < x.length; j++) {
      x[j] = a[j] * x[j] + b[j] * y[j] + c[j];
    }
  }
}
