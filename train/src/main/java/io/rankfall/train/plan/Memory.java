package io.rankfall.train.plan;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How long a gradient stays in the weights: unrolled, SGD's weights are an exponential moving
 * average of gradients whose mean age is 1/(μ·wd) steps.
 *
 * @param epochs B/(μ·wd·N), N being the training examples; infinite without weight decay
 */
public record Memory(double epochs) {
  private static final double PASS = 1;
  private static final double FIFTH = 0.2;

  /**
   * What to expect. By the argument of Wang and Aitchison (arXiv 2405.13698, there of AdamW) the
   * average must reach over all examples, so it should not be much shorter than an epoch; where it
   * hurts was measured: docs/planning.md, 39 settings of two networks on Fashion-MNIST.
   */
  public enum Outlook {
    /** An epoch or more: measured to cost 1.5 points of test accuracy at most. */
    LEARNS,
    /** A fifth of an epoch to one: measured to cost 0 to 11 points. */
    COSTS,
    /** Less than a fifth of an epoch: every such setting measured ended at or near chance. */
    COLLAPSES
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

  @JsonProperty
  public Outlook outlook() {
    if (epochs >= PASS) {
      return Outlook.LEARNS;
    }
    return epochs >= FIFTH ? Outlook.COSTS : Outlook.COLLAPSES;
  }
}
