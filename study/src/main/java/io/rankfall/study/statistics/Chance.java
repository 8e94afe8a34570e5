package io.rankfall.study.statistics;

import org.hipparchus.distribution.discrete.BinomialDistribution;

/** What a classifier gets right that has learned nothing. */
public final class Chance {
  /** Of a classifier that guesses: so rarely is one taken for trained. */
  private static final double GUESSES_ABOVE = 5e-4;

  private Chance() {}

  /**
   * The highest test accuracy, a share, of a network that counts as untrained: the upper end of the
   * 99.9 % binomial interval of 1/classes.
   */
  public static double best(int classes, int testExamples) {
    return new BinomialDistribution(testExamples, 1.0 / classes)
            .inverseCumulativeProbability(1 - GUESSES_ABOVE)
        / (double) testExamples;
  }
}
