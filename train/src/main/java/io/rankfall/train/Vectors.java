package io.rankfall.train;

/**
 * Loops over the first {@code n} numbers of {@link Tile}s. Each touches all its arrays at one
 * index, which is the form that the JIT compiler turns into vector instructions.
 */
final class Vectors {
  private Vectors() {}

  /** sum ← sum + x. */
  static void add(int n, float[] x, float[] sum) {
    for (int j = 0; j < n; j++) {
      sum[j] += x[j];
    }
  }

  /** sum ← sum + (x − mean)². */
  static void addSquaredDistance(int n, float[] x, float[] mean, float[] sum) {
    for (int j = 0; j < n; j++) {
      float d = x[j] - mean[j];
      sum[j] += d * d;
    }
  }

  /** normalized ← (z − mean)·inverseDeviation, z ← max(γ·normalized + β, 0). */
  @SuppressWarnings("TooManyParameters")
  static void normalizeAndRectify(
      int n,
      float[] z,
      float[] mean,
      float[] inverseDeviation,
      float[] gamma,
      float[] beta,
      float[] normalized) {
    for (int j = 0; j < n; j++) {
      float x = (z[j] - mean[j]) * inverseDeviation[j];
      normalized[j] = x;
      z[j] = Math.max(gamma[j] * x + beta[j], 0f);
    }
  }

  /** x ← max(x + offset, 0). */
  static void addAndRectify(int n, float[] x, float[] offset) {
    for (int j = 0; j < n; j++) {
      x[j] = Math.max(x[j] + offset[j], 0f);
    }
  }

  /**
   * The gradient through ReLU: delta ← delta where the output is positive, else 0. A choice would
   * not be vectorised; the product is exact except for outputs below 3e-39.
   */
  static void maskWhereZero(int n, float[] delta, float[] outputs) {
    for (int j = 0; j < n; j++) {
      delta[j] *= Math.min(outputs[j] * Float.MAX_VALUE, 1f);
    }
  }

  /** As {@link #maskWhereZero}, then sum ← sum + delta, products ← products + delta·y. */
  static void maskAndAdd(
      int n, float[] delta, float[] outputs, float[] y, float[] sum, float[] products) {
    for (int j = 0; j < n; j++) {
      float d = delta[j] * Math.min(outputs[j] * Float.MAX_VALUE, 1f);
      delta[j] = d;
      sum[j] += d;
      products[j] += d * y[j];
    }
  }

  /** Σx² over all of x, in double precision. */
  static double sumOfSquares(float[] x) {
    return sumOfSquares(x.length, x);
  }

  /** Σx², in double precision. Four sums: one alone would wait for each addition. */
  static double sumOfSquares(int n, float[] x) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int j = 0;
    for (; j + 3 < n; j += 4) {
      s0 += (double) x[j] * x[j];
      s1 += (double) x[j + 1] * x[j + 1];
      s2 += (double) x[j + 2] * x[j + 2];
      s3 += (double) x[j + 3] * x[j + 3];
    }
    for (; j < n; j++) {
      s0 += (double) x[j] * x[j];
    }
    return (s0 + s1) + (s2 + s3);
  }

  /** x ← a·x + b·y + c. */
  static void combine(int n, float[] x, float[] a, float[] b, float[] y, float[] c) {
    for (int j = 0; j < n; j++) {
      x[j] = a[j] * x[j] + b[j] * y[j] + c[j];
    }
  }
}
