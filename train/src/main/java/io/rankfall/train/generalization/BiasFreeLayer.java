package io.rankfall.train.generalization;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.BatchNorm;
import io.rankfall.train.Network;
import org.jspecify.annotations.Nullable;

/**
 * A layer of an MLP as one matrix without bias, since the theorems have none. Inputs have a
 * constant 1 appended, and the matrix of a hidden layer is
 *
 * <pre>
 *   A = [ D·W   D·(b − m) + β ]      D = diag(γ/√(v + ε)) of batch normalisation in evaluation,
 *       [  0          1       ]      without it D = I and m = β = 0
 * </pre>
 *
 * that of the last one [W b]. ReLU leaves the 1 alone, so x ↦ A_L relu(A_{L−1} … relu(A_1 (x, 1)))
 * is the network itself.
 */
final class BiasFreeLayer {
  private BiasFreeLayer() {}

  static Matrix of(Network.Layer layer, boolean last) {
    Matrix weight = layer.weight();
    int inputs = weight.cols();
    int columns = inputs + 1;
    return Matrix.filled(
        weight.rows() + (last ? 0 : 1),
        columns,
        values -> {
          for (int i = 0; i < weight.rows(); i++) {
            double scale = scale(layer.batchNorm(), i);
            for (int j = 0; j < inputs; j++) {
              values[i * columns + j] = (float) (scale * weight.get(i, j));
            }
            values[i * columns + inputs] = (float) shift(layer, i, scale);
          }
          if (!last) {
            values[values.length - 1] = 1;
          }
        });
  }

  private static double scale(@Nullable BatchNorm norm, int output) {
    return norm == null
        ? 1
        : norm.gamma().get(0, output)
            / Math.sqrt(norm.runningVariance().get(0, output) + BatchNorm.EPSILON);
  }

  private static double shift(Network.Layer layer, int output, double scale) {
    BatchNorm norm = layer.batchNorm();
    double bias = layer.bias().get(0, output);
    return norm == null
        ? bias
        : scale * (bias - norm.runningMean().get(0, output)) + norm.beta().get(0, output);
  }
}
