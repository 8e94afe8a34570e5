package io.rankfall.compress;

import io.rankfall.spectra.Matrix;
import java.util.Map;

/** Biases that make the mean of a layer's outputs what it was. */
final class BiasShift {
  private BiasShift() {}

  /**
   * b + scale·(W·E[x] − Ŵ·E[z]) for the bias of one use, in double precision, with the factors as
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
      Factors factors,
      InputMoments z) {
    if (use.bias().isEmpty()) {
      return Map.of();
    }
    String name = use.bias().get();
    float[] bias = model.floats(name);
    double[] wanted = Factors.times(w, x::mean);
    double[] made = factors.times(w.cols(), z::mean);
    ElementType type = model.type(name);
    for (int i = 0; i < bias.length; i++) {
      bias[i] = type.rounded((float) (bias[i] + use.biasScale() * (wanted[i] - made[i])));
    }
    return Map.of(name, bias);
  }
}
