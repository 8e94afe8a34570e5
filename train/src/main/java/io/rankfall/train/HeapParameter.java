package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.Arrays;

/** A small parameter vector with its SGD state: a bias, or γ or β of batch normalisation. */
final class HeapParameter {
  private final Sgd sgd;
  private final float[] values;
  private final float[] velocity;
  private final float[] gradient;

  HeapParameter(Matrix initial, Sgd sgd) {
    this.sgd = sgd;
    this.values = initial.toArray();
    this.velocity = new float[values.length];
    this.gradient = new float[values.length];
  }

  float[] values() {
    return values;
  }

  /** One SGD step whose gradient is the sum of the first {@code count} rows. */
  void descend(float[][] rows, int count, double learningRate) {
    Arrays.fill(gradient, 0);
    for (int i = 0; i < count; i++) {
      Vectors.add(rows[i], gradient);
    }
    descend(gradient, learningRate);
  }

  /** One SGD step. */
  void descend(float[] g, double learningRate) {
    float rate = (float) learningRate;
    float decay = (float) sgd.weightDecay();
    float momentum = (float) sgd.momentum();
    for (int j = 0; j < values.length; j++) {
      velocity[j] = momentum * velocity[j] + (g[j] + decay * values[j]);
      values[j] -= rate * velocity[j];
    }
  }

  Matrix snapshot() {
    return Matrix.of(1, values.length, values);
  }
}
