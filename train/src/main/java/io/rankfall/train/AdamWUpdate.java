package io.rankfall.train;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), in the order of
 * PyTorch's {@code AdamW}; in its step t of a parameter
 *
 * <pre>
 *   W ← (1 − μ·wd)·W
 *   m ← β₁·m + (1 − β₁)·G
 *   s ← β₂·s + (1 − β₂)·G²
 *   W ← W − μ/(1 − β₁ᵗ) · m/(√s/√(1 − β₂ᵗ) + ε)
 * </pre>
 */
final class AdamWUpdate implements ParameterUpdate {

  /** What is usually left as it is. */
  record Constants(double beta1, double beta2, double epsilon) {
    /** PyTorch's. */
    static final Constants PYTORCH = new Constants(0.9, 0.999, 1e-8);
  }

  private final Constants constants;
  private final double weightDecay;

  /** Of the training's learning rate, which is this parameter's. */
  private final double rateShare;

  private final float[] w;
  private final float[] g;
  private float @Nullable [] firstMoments;
  private float @Nullable [] secondMoments;
  private double steps;

  /**
   * @param rateShare what the training's learning rate is multiplied by
   * @param w scratch space
   * @param g scratch space
   */
  AdamWUpdate(Constants constants, double weightDecay, double rateShare, float[] w, float[] g) {
    this.constants = constants;
    this.weightDecay = weightDecay;
    this.rateShare = rateShare;
    this.w = w;
    this.g = g;
  }

  @Override
  public void apply(FloatBuffer weights, FloatBuffer gradients, double learningRate, float share) {
    float[] m = firstMoments;
    float[] s = secondMoments;
    if (m == null || s == null) {
      m = new float[weights.capacity()];
      s = new float[weights.capacity()];
      firstMoments = m;
      secondMoments = s;
    }
    steps++;
    double rate = rateShare * learningRate;
    float kept = (float) (1 - rate * weightDecay);
    float stepSize = (float) (rate / (1 - Math.pow(constants.beta1, steps)));
    float correction = (float) Math.sqrt(1 - Math.pow(constants.beta2, steps));
    for (int from = 0; from < m.length; from += CHUNK) {
      int count = Math.min(CHUNK, m.length - from);
      weights.get(from, w, 0, count);
      gradients.get(from, g, 0, count);
      average(count, share, m, s, from);
      descend(count, kept, stepSize, correction, m, s, from);
      weights.put(from, w, 0, count);
      gradients.put(from, g, 0, count);
    }
  }

  private void average(int count, float share, float[] m, float[] s, int from) {
    float keptFirst = (float) constants.beta1;
    float keptSecond = (float) constants.beta2;
    float newFirst = (float) (1 - constants.beta1);
    float newSecond = (float) (1 - constants.beta2);
    for (int i = 0; i < count; i++) {
      float gradient = share * g[i];
      m[from + i] = keptFirst * m[from + i] + newFirst * gradient;
      s[from + i] = keptSecond * s[from + i] + newSecond * gradient * gradient;
      g[i] = 0;
    }
  }

  private void descend(
      int count, float kept, float stepSize, float correction, float[] m, float[] s, int from) {
    float epsilon = (float) constants.epsilon;
    for (int i = 0; i < count; i++) {
      float deviation = (float) Math.sqrt(s[from + i]) / correction + epsilon;
      w[i] = kept * w[i] - stepSize * m[from + i] / deviation;
    }
  }

  @Override
  public void save(String parameter, LearnerState.Writer to) {
    if (firstMoments != null && secondMoments != null) {
      to.row("firstMoment." + parameter, firstMoments);
      to.row("secondMoment." + parameter, secondMoments);
      to.scalar("steps." + parameter, steps);
    }
  }

  @Override
  public void restore(String parameter, int size, LearnerState from) {
    firstMoments = from.rowIfPresent("firstMoment." + parameter, size);
    secondMoments = from.rowIfPresent("secondMoment." + parameter, size);
    steps = firstMoments == null ? 0 : from.scalar("steps." + parameter);
  }
}
