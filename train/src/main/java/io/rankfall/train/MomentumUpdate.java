package io.rankfall.train;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/** {@link Optimizer.Method#SGD} with clipping and {@link Optimizer.Method#NESTEROV}. */
final class MomentumUpdate implements ParameterUpdate {
  private final float weightDecay;
  private final float momentum;

  /** In W ← W − μ·(own·(G + wd·W) + shared·v): 0 and 1, or 1 and m. */
  private final float own;

  private final float shared;
  private final float[] w;
  private final float[] g;
  private float @Nullable [] velocities;

  /**
   * @param w scratch space
   * @param g scratch space
   */
  MomentumUpdate(Optimizer optimizer, double weightDecay, float[] w, float[] g) {
    boolean nesterov = optimizer.method() == Optimizer.Method.NESTEROV;
    this.weightDecay = (float) weightDecay;
    this.momentum = (float) optimizer.momentum();
    this.own = nesterov ? 1 : 0;
    this.shared = nesterov ? momentum : 1;
    this.w = w;
    this.g = g;
  }

  @Override
  public void apply(FloatBuffer weights, FloatBuffer gradients, double learningRate, float share) {
    float[] v = velocities;
    if (v == null) {
      v = new float[weights.capacity()];
      velocities = v;
    }
    for (int from = 0; from < v.length; from += CHUNK) {
      int count = Math.min(CHUNK, v.length - from);
      weights.get(from, w, 0, count);
      gradients.get(from, g, 0, count);
      apply(count, (float) learningRate, share, v, from);
      weights.put(from, w, 0, count);
      gradients.put(from, g, 0, count);
    }
  }

  private void apply(int count, float learningRate, float share, float[] v, int from) {
    for (int i = 0; i < count; i++) {
      float gradient = share * g[i] + weightDecay * w[i];
      float velocity = momentum * v[from + i] + gradient;
      w[i] -= learningRate * (own * gradient + shared * velocity);
      v[from + i] = velocity;
      g[i] = 0;
    }
  }

  @Override
  public void save(String parameter, LearnerState.Writer to) {
    if (velocities != null) {
      to.row("momentum." + parameter, velocities);
    }
  }

  @Override
  public void restore(String parameter, int size, LearnerState from) {
    velocities = from.rowIfPresent("momentum." + parameter, size);
  }
}
