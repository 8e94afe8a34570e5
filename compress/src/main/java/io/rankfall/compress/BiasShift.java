package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/** Biases that make the mean of a layer's outputs what it was. */
final class BiasShift {
  private BiasShift() {}

  /**
   * b + scale·(W·E[x] − L·R·E[z]) for the bias of one use, in double precision, with the factors as
   * they are stored; empty if the use has no bias.
   *
   * @param x what the dense layer sees
   * @param z what the factored layer sees
   */
  static Map<String, float[]> biases(
      OnnxModel model,
      LinearLayer.Use use,
      Matrix w,
      InputMoments x,
      LowRank factors,
      InputMoments z) {
    if (use.bias().isEmpty()) {
      return Map.of();
    }
    String name = use.bias().get();
    float[] bias = model.floats(name);
    double[] wanted = times(w, x::mean);
    double[] hidden = times(factors.right(), z::mean);
    double[] made = times(factors.left(), k -> hidden[k]);
    ElementType type = model.type(name);
    for (int i = 0; i < bias.length; i++) {
      bias[i] = type.rounded((float) (bias[i] + use.biasScale() * (wanted[i] - made[i])));
    }
    return Map.of(name, bias);
  }

  private static double[] times(Matrix w, IntToDoubleFunction x) {
    double[] product = new double[w.rows()];
    for (int i = 0; i < w.rows(); i++) {
      for (int j = 0; j < w.cols(); j++) {
        product[i] += w.get(i, j) * x.applyAsDouble(j);
      }
    }
    return product;
  }
}
