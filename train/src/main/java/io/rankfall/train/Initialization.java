package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.random.RandomGenerator;

/** How weights and biases of linear layers are drawn before training. */
public enum Initialization {
  /** Weights normal with deviation √(2/inputs), biases zero: He et al., arXiv 1502.01852. */
  HE {
    @Override
    Matrix weight(int outputs, int inputs, RandomGenerator random) {
      float[] values = new float[outputs * inputs];
      double deviation = Math.sqrt(2.0 / inputs);
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (deviation * random.nextGaussian());
      }
      return Matrix.of(outputs, inputs, values);
    }

    @Override
    Matrix bias(int outputs, int inputs, RandomGenerator random) {
      return Matrix.of(1, outputs, new float[outputs]);
    }
  },

  /**
   * Weights and biases uniform in ±1/√inputs, what PyTorch's {@code Linear} draws: a deviation 2.4
   * times smaller than He's.
   */
  PYTORCH {
    @Override
    Matrix weight(int outputs, int inputs, RandomGenerator random) {
      return uniform(outputs, inputs, 1 / Math.sqrt(inputs), random);
    }

    @Override
    Matrix bias(int outputs, int inputs, RandomGenerator random) {
      return uniform(1, outputs, 1 / Math.sqrt(inputs), random);
    }
  };

  /** An outputs × inputs matrix. */
  abstract Matrix weight(int outputs, int inputs, RandomGenerator random);

  /** A 1 × outputs matrix. */
  abstract Matrix bias(int outputs, int inputs, RandomGenerator random);

  private static Matrix uniform(int rows, int cols, double bound, RandomGenerator random) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    return Matrix.of(rows, cols, values);
  }
}
