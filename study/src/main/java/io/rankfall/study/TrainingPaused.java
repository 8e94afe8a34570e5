package io.rankfall.study;

import io.rankfall.train.Checkpoint;

/** A training was left with all that it had done in its checkpoint. */
public final class TrainingPaused extends InterruptedException {
  private static final long serialVersionUID = 1;

  private final int epoch;
  private final int steps;

  TrainingPaused(int epoch, int steps) {
    super("paused " + position(epoch, steps));
    this.epoch = epoch;
    this.steps = steps;
  }

  /** For example {@code after epoch 3}, or {@code in epoch 4 after 57 steps}. */
  public String position() {
    return position(epoch, steps);
  }

  /** Where a checkpoint is, in the same words. */
  public static String position(Checkpoint checkpoint) {
    return position(checkpoint.begunEpoch(), checkpoint.partial().steps());
  }

  private static String position(int epoch, int steps) {
    if (steps > 0) {
      return "in epoch %d after %d step%s".formatted(epoch, steps, steps == 1 ? "" : "s");
    }
    return epoch == 0 ? "before the first step" : "after epoch " + epoch;
  }
}
