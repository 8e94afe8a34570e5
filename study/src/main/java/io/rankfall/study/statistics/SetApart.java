package io.rankfall.study.statistics;

/**
 * A run that no statistic but the counts contains.
 *
 * @param run its name in the study
 */
public record SetApart(
    String run, Reason reason, int batchSize, double learningRate, double weightDecay, long seed) {

  /** Why. */
  public enum Reason {
    /** Loss or weights stopped being finite: its rank is that of no network. */
    DIVERGED,
    /** Its test accuracy is not above the binomial interval of guessing, 1/classes. */
    UNTRAINED,
    /** Its worker crashed twice. */
    FAILED,
    /** Waiting or under way. */
    UNFINISHED
  }
}
