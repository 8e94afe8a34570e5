package io.rankfall.compress;

import io.rankfall.spectra.Blas;
import io.rankfall.spectra.Blas.Op;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.SymmetricMatrix;
import org.bytedeco.javacpp.DoublePointer;

/**
 * The matrix A that makes Wx from other inputs z, drawn towards W: it minimises E‖Wx − Az‖² + ρ‖A −
 * W‖², so A = (W·E[xzᵀ] + ρW)·(E[zzᵀ] + ρI)⁻¹ with ρ = ridge·(trace E[zzᵀ])/n. Where z = x, A = W.
 */
final class RidgeRegression {
  private RidgeRegression() {}

  /**
   * @param cross the covariance of x and z, n×n, row by row
   * @param inputs the covariance of z
   */
  static Matrix fit(Matrix w, double[] cross, SymmetricMatrix inputs, double ridge) {
    int m = w.rows();
    int n = w.cols();
    double rho = ridge * inputs.trace() / n;
    if (!(rho > 0)) {
      return w;
    }
    double[] weights = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        weights[i * n + j] = w.get(i, j);
      }
    }
    double[] target = times(weights, m, n, cross, n);
    for (int i = 0; i < target.length; i++) {
      target[i] += rho * weights[i];
    }
    SymmetricMatrix.Eigen eigen = inputs.eigen();
    double[] basis = new double[n * n];
    double[] transposed = new double[n * n];
    for (int k = 0; k < n; k++) {
      double scale = 1 / (Math.max(0, eigen.value(k)) + rho);
      for (int i = 0; i < n; i++) {
        basis[i * n + k] = eigen.vector(k, i) * scale;
        transposed[k * n + i] = eigen.vector(k, i);
      }
    }
    double[] fitted = times(times(target, m, n, basis, n), m, n, transposed, n);
    float[] rounded = new float[fitted.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (float) fitted[i];
    }
    return Matrix.of(m, n, rounded);
  }

  /** A (m×k) times B (k×n), row by row. */
  private static double[] times(double[] a, int m, int k, double[] b, int n) {
    try (DoublePointer left = new DoublePointer(a);
        DoublePointer right = new DoublePointer(b);
        DoublePointer product = new DoublePointer((long) m * n)) {
      Blas.load().dgemm(Op.AS_IS, Op.AS_IS, n, m, k, 1, right, n, left, k, 0, product, n);
      double[] values = new double[m * n];
      product.get(values);
      return values;
    }
  }
}
