package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.function.Supplier;

/**
 * Hears of the gradient G (outputs × inputs) of each weight matrix in each step, on the training
 * thread: of the mean loss of the batch, without weight decay. What is handed over is valid during
 * the call.
 */
public interface GradientListener {
  /** Hears nothing. */
  GradientListener NONE =
      new GradientListener() {
        @Override
        public void onFactors(int layer, GradientFactors factors) {}

        @Override
        public void onGradient(int layer, Supplier<Matrix> gradient) {}
      };

  /** G = ΔᵀX is known by its factors, one row a use of the weights. */
  void onFactors(int layer, GradientFactors factors);

  /**
   * G is known as a matrix in single precision.
   *
   * @param gradient copies it when asked
   */
  void onGradient(int layer, Supplier<Matrix> gradient);

  /** This one and then {@code next}, of everything. */
  default GradientListener andThen(GradientListener next) {
    GradientListener first = this;
    return new GradientListener() {
      @Override
      public void onFactors(int layer, GradientFactors factors) {
        first.onFactors(layer, factors);
        next.onFactors(layer, factors);
      }

      @Override
      public void onGradient(int layer, Supplier<Matrix> gradient) {
        first.onGradient(layer, gradient);
        next.onGradient(layer, gradient);
      }
    };
  }
}
