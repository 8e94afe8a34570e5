package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import org.bytedeco.javacpp.DoublePointer;

/**
 * The singular values of a product AᵀB from its factors, without forming it: what an attention head
 * computes with is W_KᵀW_Q and W_O·W_V, whose ranks are at most the head's width.
 */
public final class ProductSpectrum {
  private ProductSpectrum() {}

  /**
   * The singular values of AᵀB that can be other than 0.
   *
   * <p>They are the square roots of the eigenvalues of S·(B·Bᵀ)·Sᵀ with SᵀS = A·Aᵀ, a matrix of
   * order r: S = Λ^½Uᵀ from the eigenvalue decomposition A·Aᵀ = U·Λ·Uᵀ. Their absolute error stays
   * below 1e-6·‖A‖·‖B‖ (tested against a full SVD of the product).
   *
   * @param a r×m
   * @param b r×n
   * @return r values, as the spectrum of an r×r matrix; those beyond min(m,n) are 0 up to rounding
   * @throws NonFiniteException if an entry is NaN or infinite
   */
  public static Spectrum ofTransposedTimes(Matrix a, Matrix b) {
    int r = a.rows();
    if (b.rows() != r) {
      throw new IllegalArgumentException(
          "product AᵀB: expected as many rows of B as of A, %d, found %d".formatted(r, b.rows()));
    }
    if (!a.isFinite() || !b.isFinite()) {
      throw new NonFiniteException(
          "product of %s and %s: expected finite numbers, found NaN or Inf".formatted(a, b));
    }
    SymmetricMatrix.Eigen eigen = outer(a).eigen();
    double[] core = conjugated(outer(b), eigen);
    SymmetricMatrix.Eigen squares = SymmetricMatrix.of(r, core).eigen();
    double[] sigma = new double[r];
    for (int i = 0; i < r; i++) {
      sigma[i] = Math.sqrt(Math.max(0, squares.value(i)));
    }
    return Spectrum.of(r, r, sigma);
  }

  /** W·Wᵀ. */
  private static SymmetricMatrix outer(Matrix w) {
    int m = w.rows();
    // Row-major W is its transpose to BLAS.
    try (DoublePointer wt = SymmetricMatrix.toNative(w);
        DoublePointer product = new DoublePointer((long) m * m)) {
      Blas.load().dsyrk(Op.TRANSPOSED, m, w.cols(), wt, w.cols(), 0, product, m);
      return SymmetricMatrix.fromLowerTriangle(m, product);
    }
  }

  /** Λ^½Uᵀ · C · U·Λ^½, row by row. */
  private static double[] conjugated(SymmetricMatrix c, SymmetricMatrix.Eigen eigen) {
    int r = c.order();
    double[] scaled = new double[Math.multiplyExact(r, r)];
    double[] values = new double[scaled.length];
    for (int k = 0; k < r; k++) {
      double root = Math.sqrt(Math.max(0, eigen.value(k)));
      for (int i = 0; i < r; i++) {
        scaled[k * r + i] = root * eigen.vector(k, i);
        values[k * r + i] = c.get(k, i);
      }
    }
    try (DoublePointer s = new DoublePointer(scaled);
        DoublePointer middle = new DoublePointer(values);
        DoublePointer right = new DoublePointer(scaled.length);
        DoublePointer product = new DoublePointer(scaled.length)) {
      Blas blas = Blas.load();
      blas.dgemm(Op.AS_IS, Op.AS_IS, r, r, r, 1, middle, r, s, r, 0, right, r);
      blas.dgemm(Op.TRANSPOSED, Op.AS_IS, r, r, r, 1, s, r, right, r, 0, product, r);
      double[] result = new double[scaled.length];
      product.get(result);
      return result;
    }
  }
}
