package io.rankfall.train;

/**
 * Mini-batch stochastic gradient descent on all parameters, biases included, as PyTorch's {@code
 * SGD}:
 *
 * <pre>
 *   v ← momentum·v + (G + weightDecay·W)
 *   W ← W − μ·v
 * </pre>
 *
 * which without momentum is W ← (1 − μ·wd)·W − μ·G. The paper (arXiv 2206.05794) writes its
 * regulariser λ‖W‖²: λ = wd/2.
 *
 * @param learningRate μ before the schedule, &gt; 0
 * @param weightDecay wd, ≥ 0, with μ·wd &lt; 1
 * @param momentum 0 to below 1
 */
public record Optimizer(
    double learningRate, double weightDecay, double momentum, StepSchedule schedule) {
  public Optimizer {
    if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("learning rate: expected > 0, found " + learningRate);
    }
    if (!(weightDecay >= 0 && learningRate * weightDecay < 1)) {
      throw new IllegalArgumentException(
          "weight decay: expected >= 0 and learningRate*weightDecay < 1, found " + weightDecay);
    }
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("momentum: expected 0 to below 1, found " + momentum);
    }
  }

  /** The paper's λ = wd/2. */
  public double lambda() {
    return weightDecay / 2;
  }

  /** μ in the given epoch, counted from 1. */
  public double learningRate(int epoch) {
    return learningRate * schedule.factor(epoch);
  }
}
