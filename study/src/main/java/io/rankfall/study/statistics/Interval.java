package io.rankfall.study.statistics;

/** A two-sided confidence interval of 95 %. */
public record Interval(double low, double high) {
  /** The probability that it covers the truth, if its assumptions hold. */
  public static final double LEVEL = 0.95;

  static final double TAIL = (1 - LEVEL) / 2;

  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException(
          "interval: expected low <= high, found %s, %s".formatted(low, high));
    }
  }

  boolean excludesZero() {
    return low > 0 || high < 0;
  }
}
