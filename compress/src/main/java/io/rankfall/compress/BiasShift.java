package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import java.util.function.IntToDoubleFunction;

/** What a truncation takes from the mean of a layer's outputs. */
final class BiasShift {
  private BiasShift() {}

  /** (W − L·R)·E[x], in double precision, with the factors as they are stored. */
  static double[] lost(LinearLayer layer, LowRank factors, InputMoments inputs) {
    double[] kept = times(factors.left(), at(times(factors.right(), inputs::mean)));
    double[] lost = times(layer.weight().matrix(), inputs::mean);
    for (int i = 0; i < lost.length; i++) {
      lost[i] -= kept[i];
    }
    return lost;
  }

  private static IntToDoubleFunction at(double[] values) {
    return i -> values[i];
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
}
