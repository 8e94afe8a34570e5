package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.Arrays;

/**
 * Batch normalisation of one layer: γ·(z − mean)/√(variance + ε) + β, each 1×width. In training
 * mean and (biased) variance are the mini-batch's; the running ones, moved by a tenth towards the
 * mini-batch's mean and unbiased variance at each step, serve evaluation.
 */
public record BatchNorm(Matrix gamma, Matrix beta, Matrix runningMean, Matrix runningVariance) {
  public static final double EPSILON = 1e-5;
  public static final double MOMENTUM = 0.1;

  static BatchNorm initial(int width) {
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    Matrix one = Matrix.of(1, width, ones);
    Matrix zero = Matrix.of(1, width, new float[width]);
    return new BatchNorm(one, zero, zero, one);
  }
}
