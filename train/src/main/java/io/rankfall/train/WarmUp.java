package io.rankfall.train;

import java.util.Objects;

/**
 * A linear warm-up: what {@code then} gives is multiplied by min(1, e/(warmUpEpochs + 1)) in epoch
 * e, as by PyTorch's {@code LinearLR} from 1/(warmUpEpochs + 1) on, stepped after each epoch. The
 * epochs of {@code then} are counted from the start all the same.
 *
 * @param warmUpEpochs with a reduced rate, at least 1
 */
public record WarmUp(int warmUpEpochs, Schedule then) implements Schedule {
  public WarmUp {
    Objects.requireNonNull(then, "then");
    if (warmUpEpochs < 1) {
      throw new IllegalArgumentException("warm-up epochs: expected >= 1, found " + warmUpEpochs);
    }
    if (then instanceof WarmUp) {
      throw new IllegalArgumentException("warm-up: expected one, found one after another");
    }
  }

  @Override
  public double factor(int epoch) {
    return then.factor(epoch) * Math.min(1, epoch / (warmUpEpochs + 1.0));
  }

  @Override
  public StepSchedule steps() {
    return then.steps();
  }

  @Override
  public String label() {
    return "%d epochs of warm-up, %s".formatted(warmUpEpochs, then.label());
  }
}
