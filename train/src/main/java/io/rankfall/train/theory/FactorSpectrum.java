package io.rankfall.train.theory;

import java.util.Arrays;

/**
 * The singular values of G = ΔᵀX from its factors, in double precision and without G. With Δ = L·P
 * and X = M·Q, L and M of order b and the rows of P and Q orthonormal, they are those of the b×b
 * matrix Lᵀ·M.
 *
 * <p>L and M come from modified Gram–Schmidt, whose triangle is as exact as a Householder one's
 * (Björck 1967), the singular values from one-sided Jacobi rotations.
 */
final class FactorSpectrum {
  private static final double UNIT = 0x1p-53;

  /** One-sided Jacobi converges quadratically; six to eight sweeps are typical. */
  private static final int MOST_SWEEPS = 60;

  private FactorSpectrum() {}

  /**
   * The b values that G can have at most, descending: zeros where it has fewer.
   *
   * @param count b rows of either factor
   * @param delta b × out, row by row
   * @param inputs b × in, row by row
   */
  static double[] ofProduct(int count, float[] delta, float[] inputs) {
    double[][] left = triangle(count, delta);
    double[][] right = triangle(count, inputs);
    // Rows here are columns of (Lᵀ·M)ᵀ = Mᵀ·L: Jacobi works on rows.
    double[][] core = new double[count][count];
    for (int k = 0; k < count; k++) {
      for (int i = 0; i <= k; i++) {
        for (int j = 0; j <= k; j++) {
          core[i][j] += left[k][i] * right[k][j];
        }
      }
    }
    return jacobi(core);
  }

  /** L, lower triangular, of the rows' A = L·Q. */
  private static double[][] triangle(int count, float[] values) {
    int cols = values.length / count;
    double[][] basis = new double[count][cols];
    double[][] triangle = new double[count][count];
    for (int i = 0; i < count; i++) {
      double[] row = basis[i];
      for (int j = 0; j < cols; j++) {
        row[j] = values[i * cols + j];
      }
      double before = norm(row);
      for (int k = 0; k < i; k++) {
        double dot = dot(row, basis[k]);
        triangle[i][k] = dot;
        for (int j = 0; j < cols; j++) {
          row[j] -= dot * basis[k][j];
        }
      }
      double left = norm(row);
      // What rounding alone leaves has no direction of its own.
      boolean dependent = left <= before * UNIT * (cols + count);
      triangle[i][i] = dependent ? 0 : left;
      for (int j = 0; j < cols; j++) {
        row[j] = dependent ? 0 : row[j] / left;
      }
    }
    return triangle;
  }

  /** The singular values of a square matrix, which is overwritten. */
  private static double[] jacobi(double[][] rows) {
    int n = rows.length;
    boolean turned = true;
    for (int sweep = 0; turned && sweep < MOST_SWEEPS; sweep++) {
      turned = false;
      for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
          turned |= turn(rows[i], rows[j]);
        }
      }
    }
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = norm(rows[i]);
    }
    Arrays.sort(values);
    for (int i = 0; i < n / 2; i++) {
      double swap = values[i];
      values[i] = values[n - 1 - i];
      values[n - 1 - i] = swap;
    }
    return values;
  }

  /** Makes two rows orthogonal; false if they were. */
  private static boolean turn(double[] a, double[] b) {
    double aa = dot(a, a);
    double bb = dot(b, b);
    double ab = dot(a, b);
    if (Math.abs(ab) <= UNIT * a.length * Math.sqrt(aa) * Math.sqrt(bb)) {
      return false;
    }
    double zeta = (bb - aa) / (2 * ab);
    double t = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.hypot(1, zeta));
    double c = 1 / Math.hypot(1, t);
    double s = c * t;
    for (int j = 0; j < a.length; j++) {
      double x = a[j];
      a[j] = c * x - s * b[j];
      b[j] = s * x + c * b[j];
    }
    return true;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += a[j] * b[j];
    }
    return sum;
  }

  /** Scaled, so that gradients near the smallest numbers do not vanish. */
  private static double norm(double[] a) {
    double largest = 0;
    for (double v : a) {
      largest = Math.max(largest, Math.abs(v));
    }
    if (largest == 0) {
      return 0;
    }
    double sum = 0;
    for (double v : a) {
      double share = v / largest;
      sum += share * share;
    }
    return largest * Math.sqrt(sum);
  }
}
