package io.rankfall.train.plan;

import io.rankfall.train.theory.MemoryWindow;
import io.rankfall.train.theory.RankBound;
import io.rankfall.train.theory.StepRecursion;

/**
 * A bound on the rank that plain SGD shall have, and the settings that are given.
 *
 * @param rank at most this: an integer ≥ 1
 * @param epsilon ε, above 0 and below 1: W is within ε·‖W‖ of such a matrix
 * @param batchSize B
 * @param positions R, how often an example uses the weights: 1 for a linear layer
 */
public record RankTarget(int rank, double epsilon, int batchSize, int positions) {
  public RankTarget {
    if (rank < 1) {
      throw new IllegalArgumentException("rank: expected >= 1, found " + rank);
    }
    MemoryWindow.requireEpsilon(epsilon);
    if (batchSize < 1 || positions < 1) {
      throw new IllegalArgumentException(
          "batch size and positions: expected >= 1, found %d, %d".formatted(batchSize, positions));
    }
  }

  /** B·R: what the gradient of one step can have, and so the least that any decay can promise. */
  public long leastRank() {
    return (long) batchSize * positions;
  }

  /** Whether B·R·n(ε) ≤ rank at this decay. */
  boolean isPromisedBy(double learningRate, double weightDecay) {
    Long promised = bound(learningRate, weightDecay).rank();
    return promised != null && promised <= rank;
  }

  /** B·R·n(ε), or 2⁶³ − 1 where the window is infinite or μ·wd ≥ 1 ends the training. */
  public long promisedAt(double product) {
    Long promised = product < 1 ? bound(1, product).rank() : null;
    return promised == null ? Long.MAX_VALUE : promised;
  }

  RankBound bound(double learningRate, double weightDecay) {
    StepRecursion step = new StepRecursion(StepRecursion.Form.HEAVY_BALL, weightDecay, 0);
    // The shape says only whether a bound is vacuous, which is not asked here.
    return new RankBound(
        MemoryWindow.of(step, learningRate, epsilon), batchSize, positions, rank, rank);
  }
}
