package io.rankfall.train.plan;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How long a gradient stays in the weights: unrolled, SGD's weights are an exponential moving
 * average of gradients whose mean age, the last one's being 1, is 1/(μ·wd) steps.
 *
 * @param epochs B/(μ·wd·N), N being the training examples; infinite without weight decay
 */
public record Memory(double epochs) {
  private static final double PASS = 1;
  private static final double FIFTH = 0.2;

  /**
   * What to expect. By the argument of Wang and Aitchison (arXiv 2405.13698, there of AdamW) the
   * average must reach over all examples, so it should not be much shorter than an epoch; where it
   * hurts was measured with plain SGD: docs/planning.md, 39 settings of two networks and presets of
   * one wide layer on Fashion-MNIST.
   */
  public enum Outlook {
    /** An epoch or more: measured to cost 1.5 points of test accuracy at most. */
    LEARNS,
    /** A fifth of an epoch to one: measured to cost 0 to 11 points. */
    COSTS,
    /**
     * Less than a fifth of an epoch: the two networks ended at or near chance; one wide layer on
     * few images learned, but far less than without decay.
     */
    FORGETS
  }

  public Memory {
    if (!(epochs > 0)) {
      throw new IllegalArgumentException("memory: expected above 0 epochs, found " + epochs);
    }
  }

  /**
   * Of plain SGD.
   *
   * @param product μ·wd, ≥ 0
   * @param examples N
   */
  public static Memory of(int batchSize, double product, int examples) {
    return new Memory(batchSize / (product * examples));
  }

  /**
   * With momentum m, heavy ball or Nesterov's: (1 − m) times as long. A gradient's weights in the
   * steps behind it are the coefficients of H(z) = 1/(1 − c·z − d·z²), with Nesterov's method times
   * 1 + m − m·z, c and d of {@link io.rankfall.train.theory.StepRecursion}; their mean age 1 +
   * H'(1)/H(1) is (1 − m)/(μ·wd) in both.
   */
  public Memory withMomentum(double m) {
    return new Memory((1 - m) * epochs);
  }

  @JsonProperty
  public Outlook outlook() {
    if (epochs >= PASS) {
      return Outlook.LEARNS;
    }
    return epochs >= FIFTH ? Outlook.COSTS : Outlook.FORGETS;
  }
}
