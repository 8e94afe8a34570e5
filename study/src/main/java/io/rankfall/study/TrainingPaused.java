package io.rankfall.study;

import io.rankfall.train.Checkpoint;

/** A training was left with all that it had done in its checkpoint. */
public final class TrainingPaused extends InterruptedException {
  private static final long serialVersionUID = 1;

  private final String position;

  TrainingPaused(int epochs, int epoch, int steps) {
    this(position(epochs, epoch, steps));
  }

  private TrainingPaused(String position) {
    super("paused " + position);
    this.position = position;
  }

  /** For example {@code after epoch 3 of 20}, or {@code in epoch 4 of 20 after 57 steps}. */
  public String position() {
    return position;
  }

  /** Where a checkpoint is on the way to the last of so many epochs, in the same words. */
  public static String position(Checkpoint checkpoint, int epochs) {
    return position(epochs, checkpoint.begunEpoch(), checkpoint.partial().steps());
  }

  private static String position(int epochs, int epoch, int steps) {
    if (steps > 0) {
      return "in epoch %d of %d after %d step%s"
          .formatted(epoch, epochs, steps, steps == 1 ? "" : "s");
    }
    return epoch == 0 ? "before the first step" : "after epoch %d of %d".formatted(epoch, epochs);
  }
}
