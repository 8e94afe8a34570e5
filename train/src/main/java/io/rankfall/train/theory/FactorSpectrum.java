package io.rankfall.train.theory;

import io.rankfall.spectra.Blas;
import io.rankfall.spectra.Blas.Op;
import org.bytedeco.javacpp.DoublePointer;

/**
 * The singular values of G = ΔᵀX from its factors, in double precision and without G. With Δᵀ = P·R
 * and Xᵀ = Q·S, P and Q of orthonormal columns, they are those of R·Sᵀ, of order min(b, d_out) ×
 * min(b, d_in).
 *
 * <p>Householder triangles and LAPACK's values err by a small multiple of max(d)·2⁻⁵³·‖Δ‖·‖X‖: of a
 * product much smaller than its factors they say less.
 */
final class FactorSpectrum {
  private FactorSpectrum() {}

  /**
   * The min(b, d_out, d_in) values that G can have at most, descending.
   *
   * @param count b rows of either factor
   * @param delta b × d_out, row by row, finite
   * @param inputs b × d_in, row by row, finite
   */
  static double[] ofProduct(int count, float[] delta, float[] inputs) {
    int left = Math.min(count, delta.length / count);
    int right = Math.min(count, inputs.length / count);
    double[] values = new double[Math.min(left, right)];
    try (DoublePointer r = triangle(count, delta);
        DoublePointer s = triangle(count, inputs);
        DoublePointer core = new DoublePointer((long) left * right);
        DoublePointer sigma = new DoublePointer(values.length)) {
      Blas blas = Blas.load();
      blas.dgemm(Op.AS_IS, Op.TRANSPOSED, left, right, count, 1, r, left, s, right, 0, core, left);
      blas.dgesdd(left, right, core, sigma);
      sigma.get(values);
    }
    return values;
  }

  /** R of the factor's transpose, min(b, d) × b, column by column with its zeros. */
  private static DoublePointer triangle(int count, float[] values) {
    int cols = values.length / count;
    int order = Math.min(count, cols);
    double[] numbers = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      numbers[i] = values[i];
    }
    try (DoublePointer factor = new DoublePointer(numbers)) {
      // Row by row here is column by column of the transpose for LAPACK.
      Blas.load().dgeqrf(cols, count, factor);
      factor.get(numbers);
    }
    double[] triangle = new double[order * count];
    for (int j = 0; j < count; j++) {
      System.arraycopy(numbers, j * cols, triangle, j * order, Math.min(j + 1, order));
    }
    return new DoublePointer(triangle);
  }
}
