package io.rankfall.train;

/**
 * A learning rate that falls along half a cosine (Loshchilov and Hutter, arXiv 1608.03983), as
 * PyTorch's {@code CosineAnnealingLR} stepped after each epoch: in epoch e it is multiplied by
 *
 * <pre>
 *   floor + (1 − floor)·(1 + cos(π·(e − 1)/epochs))/2
 * </pre>
 *
 * and behind epoch {@code epochs} by {@code floor}, where PyTorch's would rise again.
 *
 * @param epochs from the full rate to the floor, at least 1; a setting of its own, since a training
 *     may go on for longer
 * @param floor from 0 to 1
 */
public record CosineSchedule(int epochs, double floor) implements Schedule {
  public CosineSchedule {
    if (epochs < 1) {
      throw new IllegalArgumentException("cosine epochs: expected >= 1, found " + epochs);
    }
    if (!(floor >= 0 && floor <= 1)) {
      throw new IllegalArgumentException("cosine floor: expected 0 to 1, found " + floor);
    }
  }

  @Override
  public double factor(int epoch) {
    if (epoch > epochs) {
      return floor;
    }
    return floor + (1 - floor) * (1 + Math.cos(Math.PI * (epoch - 1) / epochs)) / 2;
  }

  @Override
  public StepSchedule steps() {
    return StepSchedule.CONSTANT;
  }

  @Override
  public String label() {
    return "cosine to ×%s in %d epochs".formatted(floor, epochs);
  }
}
