package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Tucker2;
import java.util.List;

/**
 * The weights of a chain, its first layer's first.
 *
 * @param how the shapes of {@code matrices}: R and L, or Vᵀ, S and U
 */
record Factors(Decomposition how, List<Matrix> matrices) {
  Factors {
    matrices = List.copyOf(matrices);
  }

  static Factors channel(LowRank factors) {
    return new Factors(
        new Decomposition.Channel(factors.rank()), List.of(factors.right(), factors.left()));
  }

  static Factors spatial(LowRank factors) {
    return new Factors(
        new Decomposition.Spatial(factors.rank()), List.of(factors.right(), factors.left()));
  }

  static Factors tucker(Tucker2.Factors factors) {
    return new Factors(
        new Decomposition.Tucker(factors.input().rows(), factors.output().cols()),
        List.of(factors.input(), factors.core(), factors.output()));
  }

  boolean isFinite() {
    return matrices.stream().allMatch(Matrix::isFinite);
  }
}
