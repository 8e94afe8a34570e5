package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.Arrays;

/**
 * {@link BatchNorm} in training, with the bias before it and the ReLU after it, over rows of heap
 * arrays.
 *
 * <p>The mini-batch's mean takes the bias away again, so it is added to the running mean only.
 */
final class FusedBatchNorm {
  private final int width;
  private final HeapParameter gamma;
  private final HeapParameter beta;
  private final float[] runningMean;
  private final float[] runningVariance;

  /** (z − mean)/√(variance + ε) of the last training batch, one example a row. */
  private final float[][] normalized;

  private final float[] mean;
  private final float[] variance;
  private final float[] inverseDeviation;
  private final float[] gammaGradient;
  private final float[] betaGradient;
  private final float[] factor;
  private final float[] slope;
  private final float[] offset;

  FusedBatchNorm(BatchNorm initial, int maxRows, Sgd sgd) {
    this.width = initial.gamma().cols();
    this.gamma = new HeapParameter(initial.gamma(), sgd);
    this.beta = new HeapParameter(initial.beta(), sgd);
    this.runningMean = initial.runningMean().toArray();
    this.runningVariance = initial.runningVariance().toArray();
    this.normalized = new float[maxRows][width];
    this.mean = new float[width];
    this.variance = new float[width];
    this.inverseDeviation = new float[width];
    this.gammaGradient = new float[width];
    this.betaGradient = new float[width];
    this.factor = new float[width];
    this.slope = new float[width];
    this.offset = new float[width];
  }

  /** z ← max(γ·(z + bias − mean)/√(variance + ε) + β, 0). */
  void forward(float[][] z, int rows, DenseLayer.Mode mode, float[] bias) {
    if (mode == DenseLayer.Mode.TRAINING) {
      measure(z, rows, bias);
    } else {
      for (int j = 0; j < width; j++) {
        mean[j] = runningMean[j] - bias[j];
        inverseDeviation[j] = (float) (1 / Math.sqrt(runningVariance[j] + BatchNorm.EPSILON));
      }
    }
    for (int i = 0; i < rows; i++) {
      Vectors.normalize(z[i], mean, inverseDeviation, normalized[i]);
      Vectors.scaleAndRectify(normalized[i], gamma.values(), beta.values(), z[i]);
    }
  }

  private void measure(float[][] z, int rows, float[] bias) {
    Arrays.fill(mean, 0);
    for (int i = 0; i < rows; i++) {
      Vectors.add(z[i], mean);
    }
    for (int j = 0; j < width; j++) {
      mean[j] /= rows;
    }
    Arrays.fill(variance, 0);
    for (int i = 0; i < rows; i++) {
      Vectors.addSquaredDistance(z[i], mean, variance);
    }
    float momentum = (float) BatchNorm.MOMENTUM;
    // A single example has no unbiased variance: the running one keeps its value.
    float unbiased = rows > 1 ? 1f / (rows - 1) : 0f;
    float kept = rows > 1 ? 1 - momentum : 1f;
    for (int j = 0; j < width; j++) {
      runningMean[j] = (1 - momentum) * runningMean[j] + momentum * (mean[j] + bias[j]);
      runningVariance[j] = kept * runningVariance[j] + momentum * variance[j] * unbiased;
      inverseDeviation[j] = (float) (1 / Math.sqrt(variance[j] / rows + BatchNorm.EPSILON));
    }
  }

  /**
   * Turns the gradients by the outputs, masked by the ReLU, into those by the inputs z, and updates
   * γ and β.
   */
  void backward(float[][] delta, int rows, double learningRate) {
    Arrays.fill(gammaGradient, 0);
    Arrays.fill(betaGradient, 0);
    for (int i = 0; i < rows; i++) {
      Vectors.addProduct(delta[i], normalized[i], gammaGradient);
      Vectors.add(delta[i], betaGradient);
    }
    float[] g = gamma.values();
    float share = 1f / rows;
    for (int j = 0; j < width; j++) {
      factor[j] = g[j] * inverseDeviation[j];
      slope[j] = -factor[j] * share * gammaGradient[j];
      offset[j] = -factor[j] * share * betaGradient[j];
    }
    for (int i = 0; i < rows; i++) {
      Vectors.combine(delta[i], factor, slope, normalized[i], offset);
    }
    gamma.descend(gammaGradient, learningRate);
    beta.descend(betaGradient, learningRate);
  }

  BatchNorm snapshot() {
    return new BatchNorm(
        gamma.snapshot(),
        beta.snapshot(),
        Matrix.of(1, width, runningMean),
        Matrix.of(1, width, runningVariance));
  }
}
