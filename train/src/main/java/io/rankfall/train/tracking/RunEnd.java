package io.rankfall.train.tracking;

import io.rankfall.train.RunOutcome;

/** How a tracked run ended, as trackers need to know it. */
public sealed interface RunEnd {

  /** All epochs were trained. */
  record Finished() implements RunEnd {}

  /**
   * The training stopped being finite.
   *
   * @param reason for example {@code epoch 3, step 17: loss is NaN}
   */
  record Diverged(String reason) implements RunEnd {}

  /** The training ended by an error. */
  record Failed() implements RunEnd {}

  /** Somebody ended the training. */
  record Killed() implements RunEnd {}

  /** The end of a run with this outcome. */
  static RunEnd of(RunOutcome outcome) {
    if (outcome instanceof RunOutcome.Diverged diverged) {
      return new Diverged(diverged.message());
    }
    return new Finished();
  }
}
