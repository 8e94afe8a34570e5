package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.Arrays;

/**
 * A small parameter vector with its SGD state: a bias, or γ or β of batch normalisation. It is
 * repeated as its {@link Tile} asks.
 */
final class HeapParameter {
  private final Optimizer optimizer;
  private final Tile tile;
  private final int width;
  private final float[] values;
  private final float[] velocity;

  HeapParameter(Matrix initial, Tile tile, Optimizer optimizer) {
    this.optimizer = optimizer;
    this.tile = tile;
    this.width = initial.cols();
    this.values = tile.array();
    this.velocity = new float[width];
    System.arraycopy(initial.toArray(), 0, values, 0, width);
    tile.repeat(values);
  }

  float[] values() {
    return values;
  }

  /** One SGD step. */
  void descend(float[] gradient, double learningRate) {
    float rate = (float) learningRate;
    float decay = (float) optimizer.weightDecayOfVectors();
    float momentum = (float) optimizer.momentum();
    boolean nesterov = optimizer.method() == Optimizer.Method.NESTEROV;
    for (int j = 0; j < width; j++) {
      float decayed = gradient[j] + decay * values[j];
      velocity[j] = momentum * velocity[j] + decayed;
      values[j] -= rate * (nesterov ? decayed + momentum * velocity[j] : velocity[j]);
    }
    tile.repeat(values);
  }

  void save(String name, LearnerState.Writer to) {
    to.row(name, Arrays.copyOf(values, width));
    to.row(name + ".velocity", velocity);
  }

  void restore(String name, LearnerState from) {
    System.arraycopy(from.tensor(name, 1, width), 0, values, 0, width);
    System.arraycopy(from.tensor(name + ".velocity", 1, width), 0, velocity, 0, width);
    tile.repeat(values);
  }

  Matrix snapshot() {
    return Matrix.of(1, width, Arrays.copyOf(values, width));
  }
}
