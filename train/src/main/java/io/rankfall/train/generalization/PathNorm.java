package io.rankfall.train.generalization;

import io.rankfall.spectra.Matrix;
import java.util.Arrays;
import java.util.List;

/** The ℓ₁ path norm: Σ over all paths from an input to an output of the product of |weights|. */
final class PathNorm {
  private PathNorm() {}

  /** Summed over all outputs: the sum of |A_L|·…·|A_1|·(1, …, 1). */
  static double ofClasses(List<Matrix> layers) {
    double[] paths = new double[layers.get(0).cols()];
    Arrays.fill(paths, 1);
    for (Matrix a : layers) {
      double[] next = new double[a.rows()];
      for (int i = 0; i < next.length; i++) {
        for (int j = 0; j < paths.length; j++) {
          next[i] += Math.abs(a.get(i, j)) * paths[j];
        }
      }
      paths = next;
    }
    return Arrays.stream(paths).sum();
  }
}
