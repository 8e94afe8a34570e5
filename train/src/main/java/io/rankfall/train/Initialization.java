package io.rankfall.train;

import static java.util.Objects.requireNonNull;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.graph.Parameter;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How weights and biases of linear layers and convolutions are drawn before training; a
 * convolution's inputs are channels × kernel positions.
 */
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

  private static final double EMBEDDING_DEVIATION = 0.02;

  /** An outputs × inputs matrix. */
  abstract Matrix weight(int outputs, int inputs, RandomGenerator random);

  /** A 1 × outputs matrix. */
  abstract Matrix bias(int outputs, int inputs, RandomGenerator random);

  /**
   * The first values of a parameter, as {@link Tensor} lays them out.
   *
   * @param weight of the same layer, where it was drawn already
   */
  Matrix draw(Parameter parameter, @Nullable Matrix weight, RandomGenerator random) {
    int rows = parameter.rows();
    int cols = parameter.cols();
    return switch (parameter.role()) {
      case WEIGHT -> weight(rows, cols, random);
      case SQUARES -> {
        int inputs = parameter.shape().get(1);
        float[] values = weight(rows * cols / inputs, inputs, random).toArray();
        yield Matrix.of(rows, cols, values);
      }
      case BIAS -> bias(cols, Math.toIntExact(requireNonNull(weight).size() / cols), random);
      case ROW_NORMS -> rowNorms(requireNonNull(weight));
      case ONES -> Matrix.filled(rows, cols, values -> Arrays.fill(values, 1));
      case ZEROS -> Matrix.of(rows, cols, new float[cols]);
      case EMBEDDING ->
          Matrix.filled(
              rows,
              cols,
              values -> {
                for (int i = 0; i < values.length; i++) {
                  values[i] = (float) (EMBEDDING_DEVIATION * random.nextGaussian());
                }
              });
    };
  }

  private static Matrix rowNorms(Matrix weight) {
    return Matrix.filled(
        1,
        weight.rows(),
        norms -> {
          for (int i = 0; i < norms.length; i++) {
            double sum = 0;
            for (int j = 0; j < weight.cols(); j++) {
              sum += (double) weight.get(i, j) * weight.get(i, j);
            }
            norms[i] = (float) Math.sqrt(sum);
          }
        });
  }

  private static Matrix uniform(int rows, int cols, double bound, RandomGenerator random) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    return Matrix.of(rows, cols, values);
  }
}
