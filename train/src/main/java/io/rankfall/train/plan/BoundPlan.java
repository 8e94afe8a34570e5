package io.rankfall.train.plan;

import io.rankfall.train.theory.MemoryWindow;
import io.rankfall.train.theory.RankBound;
import java.util.Optional;
import java.util.function.DoublePredicate;

/**
 * The weakest decay with which the theorem (arXiv 2206.05794) promises a rank: B·R·n(ε) ≤ rank with
 * the window n(ε) as {@link MemoryWindow} computes it, ceiling and rounding included. Solved by
 * hand it is μ·wd = 1 − (ε/2)^(1/n), n = ⌊rank/(B·R)⌋.
 *
 * @param learningRate μ that was given or found; 1 where only the product was asked for
 * @param weightDecay wd that was given or found; the product where only that was asked for. The
 *     number before it among doubles, or before μ where wd was given, promises less
 * @param window n(ε) at these
 * @param promisedRank B·R·n(ε) ≤ rank
 */
public record BoundPlan(
    RankTarget target,
    double learningRate,
    double weightDecay,
    MemoryWindow window,
    long promisedRank) {

  /** The product μ·wd that the target needs; empty if no product below 1 is enough. */
  public static Optional<BoundPlan> product(RankTarget target) {
    return weightDecay(target, 1);
  }

  /** The weight decay that the target needs at a learning rate; empty if none is enough. */
  public static Optional<BoundPlan> weightDecay(RankTarget target, double learningRate) {
    if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("learning rate: expected > 0, found " + learningRate);
    }
    return smallest(learningRate, wd -> target.isPromisedBy(learningRate, wd))
        .map(wd -> of(target, learningRate, wd));
  }

  /** The learning rate that the target needs at a weight decay; empty if none is enough. */
  public static Optional<BoundPlan> learningRate(RankTarget target, double weightDecay) {
    if (!(weightDecay > 0 && weightDecay < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "weight decay: expected > 0, as without it nothing is forgotten, found " + weightDecay);
    }
    return smallest(weightDecay, rate -> target.isPromisedBy(rate, weightDecay))
        .map(rate -> of(target, rate, weightDecay));
  }

  private static BoundPlan of(RankTarget target, double learningRate, double weightDecay) {
    RankBound bound = target.bound(learningRate, weightDecay);
    Long promised = bound.rank();
    if (promised == null) {
      throw new IllegalStateException("a decay that is enough has a window");
    }
    return new BoundPlan(target, learningRate, weightDecay, bound.window(), promised);
  }

  /**
   * A number that is enough while the one before it is not, by bisection over all doubles whose
   * product with {@code factor} is below 1.
   */
  private static Optional<Double> smallest(double factor, DoublePredicate isEnough) {
    double most = 1 / factor;
    while (!(most * factor < 1)) {
      most = Math.nextDown(most);
    }
    if (!(most > 0) || !isEnough.test(most)) {
      return Optional.empty();
    }
    // The order of non-negative doubles is that of their bits.
    long enough = Double.doubleToLongBits(most);
    long tooLittle = 0;
    while (enough - tooLittle > 1) {
      long middle = tooLittle + (enough - tooLittle) / 2;
      if (isEnough.test(Double.longBitsToDouble(middle))) {
        enough = middle;
      } else {
        tooLittle = middle;
      }
    }
    return Optional.of(Double.longBitsToDouble(enough));
  }

  /** μ·wd. */
  public double product() {
    return learningRate * weightDecay;
  }

  /** n(ε): from this step on the window is within the training. */
  public long steps() {
    Long steps = window.steps();
    if (steps == null) {
      throw new IllegalStateException("a decay that is enough has a window");
    }
    return steps;
  }

  /** How long gradients stay, with so many training examples. */
  public Memory memory(int examples) {
    return Memory.of(target.batchSize(), product(), examples);
  }
}
