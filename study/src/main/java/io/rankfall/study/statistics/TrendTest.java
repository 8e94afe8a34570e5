package io.rankfall.study.statistics;

/**
 * How surprising a trend is when ranks fall to levels at random within every block.
 *
 * @param score Σ S over the blocks: pairs in the order of the axis minus those against it
 * @param deviation standard deviation of the score without a trend
 * @param rising probability of such a score or a higher one
 * @param falling probability of such a score or a lower one
 * @param twoSided twice the smaller one, at most 1
 * @param twoSidedHolm the same after Holm's correction for all tests reported with it
 */
public record TrendTest(
    Method method,
    long score,
    double deviation,
    double rising,
    double falling,
    double twoSided,
    double twoSidedHolm) {

  /** Where the probabilities come from. */
  public enum Method {
    /** The permutation distribution itself. */
    EXACT,
    /** The normal distribution with the permutation variance, continuity-corrected. */
    NORMAL
  }

  TrendTest adjusted(double holm) {
    return new TrendTest(method, score, deviation, rising, falling, twoSided, holm);
  }
}
