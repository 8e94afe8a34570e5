package io.rankfall.spectra;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;

/**
 * The factors P·L·D·Lᵀ·Pᵀ of a symmetric matrix, whose D has as many positive, zero and negative
 * eigenvalues as the matrix itself (Sylvester).
 */
final class Inertia implements AutoCloseable {
  private final int order;
  private final DoublePointer factors;
  private final IntPointer pivots;

  /**
   * Factors A − shift·I.
   *
   * @param lowerTriangle of A, column-major; overwritten, and owned by this object from now on
   */
  Inertia(int order, DoublePointer lowerTriangle, double shift) {
    this.order = order;
    this.factors = lowerTriangle;
    this.pivots = new IntPointer(order);
    for (int i = 0; i < order; i++) {
      long diagonal = i * (order + 1L);
      factors.put(diagonal, factors.get(diagonal) - shift);
    }
    Blas.load().dsytrf(order, factors, pivots);
  }

  /** How many eigenvalues are positive. */
  int positive() {
    int count = 0;
    for (int i = 0; i < order; i++) {
      if (pivots.get(i) < 0) {
        // Bunch and Kaufman take a 2×2 block only where it has one eigenvalue of each sign.
        count++;
        i++;
      } else if (factors.get(i * (order + 1L)) > 0) {
        count++;
      }
    }
    return count;
  }

  /** X (order×k) ← (A − shift·I)⁻¹·X. */
  void solve(int k, DoublePointer x) {
    Blas.load().dsytrs(order, k, factors, pivots, x);
  }

  @Override
  public void close() {
    factors.close();
    pivots.close();
  }
}
