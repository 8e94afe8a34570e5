package io.rankfall.train;

import java.util.List;

/**
 * A learning rate multiplied by {@code factor} after each milestone, as PyTorch's {@code
 * MultiStepLR}.
 *
 * @param milestones epochs, ascending, counted from 1: the epoch after a milestone is the first
 *     with the lower rate
 */
public record StepSchedule(List<Integer> milestones, double factor) implements Schedule {
  public static final StepSchedule CONSTANT = new StepSchedule(List.of(), 1);

  public StepSchedule {
    milestones = List.copyOf(milestones);
    if (!(factor > 0 && factor <= 1)) {
      throw new IllegalArgumentException("schedule factor: expected 0 < f <= 1, found " + factor);
    }
    int previous = 0;
    for (int milestone : milestones) {
      if (milestone <= previous) {
        throw new IllegalArgumentException(
            "schedule milestones: expected ascending epochs from 1 on, found " + milestones);
      }
      previous = milestone;
    }
  }

  @Override
  public double factor(int epoch) {
    long passed = milestones.stream().filter(milestone -> milestone < epoch).count();
    return Math.pow(factor, (int) passed);
  }

  @Override
  public StepSchedule steps() {
    return this;
  }

  @Override
  public String label() {
    return "×%s at %s".formatted(factor, milestones);
  }
}
