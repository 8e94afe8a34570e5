package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Tucker2;
import java.util.List;
import java.util.function.IntToDoubleFunction;

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

  /**
   * Ŵx for one x, in double precision with the factors as they are stored.
   *
   * @param columns of the layer's W: numbers in x
   */
  double[] times(int columns, IntToDoubleFunction x) {
    Matrix first = matrices.get(0);
    if (how instanceof Decomposition.Channel) {
      double[] hidden = times(first, x);
      return times(matrices.get(1), i -> hidden[i]);
    }
    Matrix second = matrices.get(1);
    int places = columns / first.cols();
    if (how instanceof Decomposition.Tucker) {
      double[] hidden = alike(first, x, places);
      double[] core = times(second, i -> hidden[i]);
      return times(matrices.get(2), i -> core[i]);
    }
    double[] hidden = alike(first, x, places);
    double[] product = new double[second.rows() / places];
    for (int i = 0; i < second.rows(); i++) {
      for (int q = 0; q < second.cols(); q++) {
        product[i / places] += second.get(i, q) * hidden[q * places + i % places];
      }
    }
    return product;
  }

  /** Σ_a v[b,a]·x[a·places + p] at [b·places + p]. */
  private static double[] alike(Matrix v, IntToDoubleFunction x, int places) {
    double[] product = new double[v.rows() * places];
    for (int p = 0; p < places; p++) {
      int place = p;
      double[] here = times(v, a -> x.applyAsDouble(a * places + place));
      for (int b = 0; b < here.length; b++) {
        product[b * places + p] = here[b];
      }
    }
    return product;
  }

  static double[] times(Matrix w, IntToDoubleFunction x) {
    double[] product = new double[w.rows()];
    for (int i = 0; i < w.rows(); i++) {
      for (int j = 0; j < w.cols(); j++) {
        product[i] += w.get(i, j) * x.applyAsDouble(j);
      }
    }
    return product;
  }

  boolean isFinite() {
    return matrices.stream().allMatch(Matrix::isFinite);
  }
}
