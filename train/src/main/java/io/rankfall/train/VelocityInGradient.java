package io.rankfall.train;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * {@link Optimizer.Method#SGD} without clipping, in one pass over PyTorch's own memory.
 *
 * <p>PyTorch adds to the gradients it finds. So the velocity is kept where it looks for them, times
 * the momentum it will have in the next step: its backward pass leaves momentum·v + G there.
 */
final class VelocityInGradient implements ParameterUpdate {
  private final float weightDecay;
  private final float momentum;
  private final float[] w;
  private final float[] v;
  private @Nullable FloatBuffer velocities;

  /** What an earlier learner had where PyTorch looks for gradients, until there is memory. */
  private float @Nullable [] restored;

  /**
   * @param w scratch space
   * @param v scratch space
   */
  VelocityInGradient(double weightDecay, double momentum, float[] w, float[] v) {
    this.weightDecay = (float) weightDecay;
    this.momentum = (float) momentum;
    this.w = w;
    this.v = v;
  }

  @Override
  public void apply(FloatBuffer weights, FloatBuffer gradients, double learningRate, float share) {
    velocities = gradients;
    addRestored(gradients);
    for (int from = 0; from < weights.capacity(); from += CHUNK) {
      int count = Math.min(CHUNK, weights.capacity() - from);
      weights.get(from, w, 0, count);
      gradients.get(from, v, 0, count);
      apply(count, (float) learningRate, weightDecay, momentum);
      weights.put(from, w, 0, count);
      gradients.put(from, v, 0, count);
    }
  }

  /** G, which the first backward pass has left, becomes momentum·v + G as in all later ones. */
  private void addRestored(FloatBuffer gradients) {
    float[] earlier = restored;
    if (earlier != null) {
      for (int i = 0; i < earlier.length; i++) {
        gradients.put(i, earlier[i] + gradients.get(i));
      }
      restored = null;
    }
  }

  /** v ← v + wd·w, w ← w − μ·v, v ← momentum·v. */
  private void apply(int count, float learningRate, float weightDecay, float momentum) {
    for (int i = 0; i < count; i++) {
      float velocity = v[i] + weightDecay * w[i];
      w[i] -= learningRate * velocity;
      v[i] = momentum * velocity;
    }
  }

  @Override
  public void save(String parameter, LearnerState.Writer to) {
    if (velocities != null) {
      float[] values = new float[velocities.capacity()];
      velocities.get(0, values);
      to.row("velocity." + parameter, values);
    } else if (restored != null) {
      to.row("velocity." + parameter, restored);
    }
  }

  @Override
  public void restore(String parameter, int size, LearnerState from) {
    restored = from.rowIfPresent("velocity." + parameter, size);
  }
}
