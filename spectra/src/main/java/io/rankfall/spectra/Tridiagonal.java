package io.rankfall.spectra;

import java.util.Arrays;
import org.bytedeco.javacpp.DoublePointer;

/** The eigenvalues of a symmetric tridiagonal matrix. */
final class Tridiagonal {
  /** A link beside the diagonal is cut when it is below this share of the matrix's norm. */
  private static final double CUT = 0x1p-52;

  /** Sweeps for one eigenvalue before giving up; two are typical. */
  private static final int MAX_SWEEPS = 60;

  /** Below it, a product of squares may have lost digits to underflow. */
  private static final double TINY = 1e-250;

  private final int order;
  private final double[] d;

  /** Squares of the entries beside the diagonal; the last one is 0. */
  private final double[] e2;

  private final double scale;

  private Tridiagonal(double[] d, double[] e) {
    this.order = d.length;
    this.d = d;
    this.e2 = new double[order];
    double norm = 0;
    for (int i = 0; i < order; i++) {
      double right = i < order - 1 ? Math.abs(e[i]) : 0;
      double left = i > 0 ? Math.abs(e[i - 1]) : 0;
      norm = Math.max(norm, Math.abs(d[i]) + left + right);
    }
    // A power of two, so that scaling rounds nothing.
    this.scale = norm == 0 ? 1 : Math.scalb(1.0, -Math.getExponent(norm));
    for (int i = 0; i < order; i++) {
      d[i] *= scale;
      double link = i < order - 1 ? e[i] * scale : 0;
      e2[i] = link * link;
    }
  }

  /**
   * The eigenvalues, descending, with an absolute error of a few roundings of the largest.
   *
   * <p>The QL iteration in the root-free form of Pal, Walker and Kahan (Parlett, The Symmetric
   * Eigenvalue Problem, §8.15; LAPACK's {@code dsterf}), written with one division on the critical
   * path of a step instead of two. A link is cut when |e| ≤ 2⁻⁵²·‖T‖, which moves no eigenvalue by
   * more than 2⁻⁵¹·‖T‖ (Weyl).
   *
   * @param d the diagonal, n numbers
   * @param e beside the diagonal, n−1 numbers
   * @throws ArithmeticException if the iteration did not converge
   */
  static double[] eigenvalues(int n, DoublePointer d, DoublePointer e) {
    double[] diagonal = new double[n];
    d.get(diagonal);
    double[] beside = new double[n];
    e.get(beside, 0, n - 1);
    return new Tridiagonal(diagonal, beside).iterate();
  }

  private double[] iterate() {
    for (int first = 0; first < order; first++) {
      int sweeps = 0;
      for (int last = blockEnd(first); last > first; last = blockEnd(first)) {
        if (++sweeps > MAX_SWEEPS) {
          throw new ArithmeticException(
              "tridiagonal matrix of order %d: no convergence of eigenvalue %d"
                  .formatted(order, first));
        }
        if (last == first + 1) {
          solvePair(first);
        } else {
          sweep(first, last);
        }
      }
    }
    Arrays.sort(d);
    double[] descending = new double[order];
    for (int i = 0; i < order; i++) {
      descending[i] = d[order - 1 - i] / scale;
    }
    return descending;
  }

  /** The last row of the unreduced block that begins at {@code first}; cuts its link there. */
  private int blockEnd(int first) {
    int end = first;
    while (e2[end] > CUT * CUT) {
      end++;
    }
    e2[end] = 0;
    return end;
  }

  private void solvePair(int first) {
    double mean = 0.5 * (d[first] + d[first + 1]);
    double half = 0.5 * (d[first] - d[first + 1]);
    double radius = Math.sqrt(half * half + e2[first]);
    d[first] = mean - radius;
    d[first + 1] = mean + radius;
    e2[first] = 0;
  }

  /** One QL sweep from {@code last} up to {@code first} with Wilkinson's shift. */
  private void sweep(int first, int last) {
    double shift = wilkinsonShift(first);
    double s = 0;
    double c = 1;
    double gamma = d[last] - shift;
    double p = gamma * gamma;
    for (int i = last - 1; i >= first; i--) {
      double square = e2[i];
      double r = p + square;
      e2[i + 1] = s * r;
      double oldC = c;
      double oldGamma = gamma;
      double alpha = d[i];
      // gamma = c·(alpha − shift) − s·oldGamma and p = gamma²/c, with c = p/r and s = square/r.
      double numerator = p * (alpha - shift) - square * oldGamma;
      double denominator = p * r;
      double inverse = 1 / r;
      c = p * inverse;
      s = square * inverse;
      gamma = numerator * inverse;
      d[i + 1] = oldGamma + (alpha - gamma);
      if (denominator > TINY) {
        p = numerator * numerator / denominator;
      } else {
        p = c == 0 ? oldC * square : gamma * gamma / c;
      }
    }
    e2[first] = s * p;
    d[first] = shift + gamma;
  }

  private double wilkinsonShift(int first) {
    double link = Math.sqrt(e2[first]);
    double sigma = (d[first + 1] - d[first]) / (2 * link);
    double r = Math.sqrt(sigma * sigma + 1);
    return d[first] - link / (sigma + Math.copySign(r, sigma));
  }
}
