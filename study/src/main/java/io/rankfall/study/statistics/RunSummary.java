package io.rankfall.study.statistics;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * One training as the statistics see it.
 *
 * @param others all settings but B, μ, wd and seed, in words: runs are compared only where they
 *     agree in it
 * @param batchSize B
 * @param learningRate μ before the schedule
 * @param weightDecay wd = 2λ
 * @param classes of the data set
 * @param measured at the last epoch; null before a run has ended
 */
public record RunSummary(
    String id,
    String others,
    int batchSize,
    double learningRate,
    double weightDecay,
    long seed,
    Outcome outcome,
    int classes,
    @Nullable Measured measured) {

  /** How a training stands. */
  public enum Outcome {
    COMPLETED,
    /** Loss or weights stopped being finite. */
    DIVERGED,
    /** It never ended, and will not be tried again. */
    FAILED,
    /** Waiting or under way. */
    UNFINISHED
  }

  /**
   * What came of a training.
   *
   * @param meanRank over the layers that count, ≥ 0
   * @param trainAccuracy share of examples, 0 to 1: mean over the last epoch's mini-batches, each
   *     before its step
   * @param testAccuracy share of examples, 0 to 1
   * @param share {@link Quantity#SHARE}, 0 to 1; null if it was not searched
   */
  public record Measured(
      double meanRank, double trainAccuracy, double testAccuracy, @Nullable Double share) {
    public Measured {
      if (!(meanRank >= 0 && meanRank < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("mean rank: expected 0 or more, found " + meanRank);
      }
      requireShare("training accuracy", trainAccuracy);
      requireShare("test accuracy", testAccuracy);
      if (share != null) {
        requireShare("share of parameters", share);
      }
    }

    private static void requireShare(String what, double share) {
      if (!(share >= 0 && share <= 1)) {
        throw new IllegalArgumentException("%s: expected 0 to 1, found %s".formatted(what, share));
      }
    }

    /** Training minus test accuracy. */
    double generalizationGap() {
      return trainAccuracy - testAccuracy;
    }
  }

  public RunSummary {
    requireNonNull(outcome, "outcome");
    if (batchSize < 1 || !(learningRate > 0) || !(weightDecay >= 0) || classes < 2) {
      throw new IllegalArgumentException(
          "run %s: expected B >= 1, learning rate > 0, weight decay >= 0 and 2 or more classes, found %d, %s, %s, %d"
              .formatted(id, batchSize, learningRate, weightDecay, classes));
    }
    if (outcome == Outcome.COMPLETED && measured == null) {
      throw new IllegalArgumentException(
          "run %s: expected measurements of a completed run, found none".formatted(id));
    }
  }

  /** What came of a run that completed. */
  public Measured result() {
    return requireNonNull(measured, id);
  }

  double meanRank() {
    return result().meanRank();
  }

  /** All but the seed. */
  public Setting setting() {
    return new Setting(others, batchSize, learningRate, weightDecay);
  }

  /** What the runs of several seeds have in common. */
  public record Setting(String others, int batchSize, double learningRate, double weightDecay) {}
}
