package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.Arrays;

/**
 * {@link BatchNorm} in training, with the bias before it and the ReLU after it, over the tiles of a
 * batch.
 *
 * <p>The mini-batch's mean takes the bias away again: it is added to the running mean only, and its
 * gradient is zero.
 */
final class FusedBatchNorm {
  private final int width;
  private final Tile tile;
  private final HeapParameter gamma;
  private final HeapParameter beta;
  private final float[] runningMean;
  private final float[] runningVariance;

  /** (z − mean)/√(variance + ε) of the last training batch. */
  private final float[][] normalized;

  private final float[] mean;
  private final float[] variance;
  private final float[] inverseDeviation;
  private final float[] gammaGradient;
  private final float[] betaGradient;
  private final float[] factor;
  private final float[] slope;
  private final float[] offset;

  FusedBatchNorm(BatchNorm initial, Tile tile, int maxRows, Optimizer optimizer) {
    this.width = initial.gamma().cols();
    this.tile = tile;
    this.gamma = new HeapParameter(initial.gamma(), tile, optimizer);
    this.beta = new HeapParameter(initial.beta(), tile, optimizer);
    this.runningMean = initial.runningMean().toArray();
    this.runningVariance = initial.runningVariance().toArray();
    this.normalized = tile.batch(maxRows);
    this.mean = tile.array();
    this.variance = tile.array();
    this.inverseDeviation = tile.array();
    this.gammaGradient = tile.array();
    this.betaGradient = tile.array();
    this.factor = tile.array();
    this.slope = tile.array();
    this.offset = tile.array();
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
    tile.repeat(mean);
    tile.repeat(inverseDeviation);
    for (int t = 0; t < tile.count(rows); t++) {
      Vectors.normalizeAndRectify(
          tile.length(t, rows),
          z[t],
          mean,
          inverseDeviation,
          gamma.values(),
          beta.values(),
          normalized[t]);
    }
  }

  /** Mean and 1/√(variance + ε) of the mini-batch; moves the running ones. */
  private void measure(float[][] z, int rows, float[] bias) {
    Arrays.fill(mean, 0);
    for (int t = 0; t < tile.count(rows); t++) {
      Vectors.add(tile.length(t, rows), z[t], mean);
    }
    tile.fold(mean);
    for (int j = 0; j < width; j++) {
      mean[j] /= rows;
    }
    tile.repeat(mean);
    Arrays.fill(variance, 0);
    for (int t = 0; t < tile.count(rows); t++) {
      Vectors.addSquaredDistance(tile.length(t, rows), z[t], mean, variance);
    }
    tile.fold(variance);
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

  /** Turns the gradients by the outputs into those by the inputs z, and updates γ and β. */
  void backward(float[][] delta, float[][] outputs, int rows, double learningRate) {
    Arrays.fill(gammaGradient, 0);
    Arrays.fill(betaGradient, 0);
    for (int t = 0; t < tile.count(rows); t++) {
      Vectors.maskAndAdd(
          tile.length(t, rows), delta[t], outputs[t], normalized[t], betaGradient, gammaGradient);
    }
    tile.fold(gammaGradient);
    tile.fold(betaGradient);
    float[] g = gamma.values();
    for (int j = 0; j < width; j++) {
      factor[j] = g[j] * inverseDeviation[j];
      slope[j] = -factor[j] * gammaGradient[j] / rows;
      offset[j] = -factor[j] * betaGradient[j] / rows;
    }
    tile.repeat(factor);
    tile.repeat(slope);
    tile.repeat(offset);
    for (int t = 0; t < tile.count(rows); t++) {
      Vectors.combine(tile.length(t, rows), delta[t], factor, slope, normalized[t], offset);
    }
    gamma.descend(gammaGradient, learningRate);
    beta.descend(betaGradient, learningRate);
  }

  void save(String layer, LearnerState.Writer to) {
    gamma.save(layer + ".gamma", to);
    beta.save(layer + ".beta", to);
    to.row(layer + ".runningMean", runningMean);
    to.row(layer + ".runningVariance", runningVariance);
  }

  void restore(String layer, LearnerState from) {
    gamma.restore(layer + ".gamma", from);
    beta.restore(layer + ".beta", from);
    System.arraycopy(from.tensor(layer + ".runningMean", 1, width), 0, runningMean, 0, width);
    System.arraycopy(
        from.tensor(layer + ".runningVariance", 1, width), 0, runningVariance, 0, width);
  }

  BatchNorm snapshot() {
    return new BatchNorm(
        gamma.snapshot(),
        beta.snapshot(),
        Matrix.of(1, width, runningMean),
        Matrix.of(1, width, runningVariance));
  }
}
