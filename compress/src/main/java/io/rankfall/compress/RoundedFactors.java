package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Factors in the numbers that a type of 16 bits can hold. They are balanced first, which changes
 * their product by rounding only: {@code U√Σ·√ΣVᵀ}. Then no entry of a factor is larger than √σ₁,
 * which fits into an F16 for every matrix of F16s that has fewer than 2³¹ entries, and what passes
 * between the factors is as far from the type's ends as what goes in and what comes out.
 */
final class RoundedFactors {
  private RoundedFactors() {}

  /** Column k of the left factor and row k of the right one with the same norm, then rounded. */
  static LowRank of(ElementType type, LowRank factors) {
    if (type.bits() > 16) {
      return factors;
    }
    Matrix right = factors.right();
    Matrix columns = factors.left().transposed();
    double[] scales = new double[factors.rank()];
    for (int k = 0; k < scales.length; k++) {
      double scale = Math.sqrt(norm(right.rows(k, 1)) / norm(columns.rows(k, 1)));
      scales[k] = scale > 0 && Double.isFinite(scale) ? scale : 1;
    }
    return new LowRank(
        scaled(type, columns, scales, 1).transposed(), scaled(type, right, scales, -1));
  }

  /** Two factors as {@link #of(ElementType, LowRank)}; three with the same Frobenius norm. */
  static Factors of(ElementType type, Factors factors) {
    if (type.bits() > 16) {
      return factors;
    }
    List<Matrix> old = factors.matrices();
    if (old.size() == 2) {
      LowRank rounded = of(type, new LowRank(old.get(1), old.get(0)));
      return new Factors(factors.how(), List.of(rounded.right(), rounded.left()));
    }
    double mean =
        Math.exp(old.stream().mapToDouble(m -> Math.log(norm(m))).average().orElseThrow());
    List<Matrix> scaled = new ArrayList<>();
    for (Matrix matrix : old) {
      double scale = mean / norm(matrix);
      double[] scales = new double[matrix.rows()];
      Arrays.fill(scales, scale > 0 && Double.isFinite(scale) ? scale : 1);
      scaled.add(scaled(type, matrix, scales, 1));
    }
    return new Factors(factors.how(), scaled);
  }

  private static double norm(Matrix matrix) {
    return matrix.frobeniusNorm();
  }

  private static Matrix scaled(ElementType type, Matrix matrix, double[] scales, int power) {
    float[] values = matrix.toArray();
    int cols = matrix.cols();
    for (int i = 0; i < values.length; i++) {
      values[i] = type.rounded((float) (values[i] * Math.pow(scales[i / cols], power)));
    }
    return Matrix.of(matrix.rows(), cols, values);
  }
}
