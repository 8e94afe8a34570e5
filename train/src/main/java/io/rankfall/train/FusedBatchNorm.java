package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.Arrays;

/** {@link BatchNorm} in training, over rows × width heap arrays, in place. */
final class FusedBatchNorm {
  private final int width;
  private final HeapParameter gamma;
  private final HeapParameter beta;
  private final float[] runningMean;
  private final float[] runningVariance;

  /** (z − mean)/√(variance + ε) of the last training batch. */
  private final float[] normalized;

  private final float[] mean;
  private final float[] inverseDeviation;
  private final float[] gammaGradient;
  private final float[] betaGradient;

  FusedBatchNorm(BatchNorm initial, int maxRows, Sgd sgd) {
    this.width = initial.gamma().cols();
    this.gamma = new HeapParameter(initial.gamma(), sgd);
    this.beta = new HeapParameter(initial.beta(), sgd);
    this.runningMean = initial.runningMean().toArray();
    this.runningVariance = initial.runningVariance().toArray();
    this.normalized = new float[maxRows * width];
    this.mean = new float[width];
    this.inverseDeviation = new float[width];
    this.gammaGradient = new float[width];
    this.betaGradient = new float[width];
  }

  void forward(float[] z, int rows, DenseLayer.Mode mode) {
    if (mode == DenseLayer.Mode.TRAINING) {
      measure(z, rows);
    } else {
      System.arraycopy(runningMean, 0, mean, 0, width);
      for (int j = 0; j < width; j++) {
        inverseDeviation[j] = (float) (1 / Math.sqrt(runningVariance[j] + BatchNorm.EPSILON));
      }
    }
    float[] g = gamma.values();
    float[] b = beta.values();
    for (int i = 0; i < rows; i++) {
      int from = i * width;
      for (int j = 0; j < width; j++) {
        float x = (z[from + j] - mean[j]) * inverseDeviation[j];
        normalized[from + j] = x;
        z[from + j] = g[j] * x + b[j];
      }
    }
  }

  private void measure(float[] z, int rows) {
    float[] variance = inverseDeviation;
    Arrays.fill(mean, 0);
    for (int i = 0; i < rows; i++) {
      int from = i * width;
      for (int j = 0; j < width; j++) {
        mean[j] += z[from + j];
      }
    }
    for (int j = 0; j < width; j++) {
      mean[j] /= rows;
    }
    Arrays.fill(variance, 0);
    for (int i = 0; i < rows; i++) {
      int from = i * width;
      for (int j = 0; j < width; j++) {
        float d = z[from + j] - mean[j];
        variance[j] += d * d;
      }
    }
    float momentum = (float) BatchNorm.MOMENTUM;
    // A single example has no unbiased variance: the running one keeps its value.
    float unbiased = rows > 1 ? 1f / (rows - 1) : 0f;
    float kept = rows > 1 ? 1 - momentum : 1f;
    for (int j = 0; j < width; j++) {
      runningMean[j] = (1 - momentum) * runningMean[j] + momentum * mean[j];
      runningVariance[j] = kept * runningVariance[j] + momentum * variance[j] * unbiased;
      inverseDeviation[j] = (float) (1 / Math.sqrt(variance[j] / rows + BatchNorm.EPSILON));
    }
  }

  /** Turns the gradient by the outputs into that by the inputs z, and updates γ and β. */
  void backward(float[] delta, int rows, double learningRate) {
    Arrays.fill(gammaGradient, 0);
    Arrays.fill(betaGradient, 0);
    for (int i = 0; i < rows; i++) {
      int from = i * width;
      for (int j = 0; j < width; j++) {
        gammaGradient[j] += delta[from + j] * normalized[from + j];
        betaGradient[j] += delta[from + j];
      }
    }
    float[] g = gamma.values();
    float share = 1f / rows;
    for (int i = 0; i < rows; i++) {
      int from = i * width;
      for (int j = 0; j < width; j++) {
        delta[from + j] =
            g[j]
                * inverseDeviation[j]
                * (delta[from + j]
                    - share * (betaGradient[j] + normalized[from + j] * gammaGradient[j]));
      }
    }
    gamma.update(gammaGradient, learningRate);
    beta.update(betaGradient, learningRate);
  }

  BatchNorm snapshot() {
    return new BatchNorm(
        gamma.snapshot(),
        beta.snapshot(),
        Matrix.of(1, width, runningMean),
        Matrix.of(1, width, runningVariance));
  }
}
