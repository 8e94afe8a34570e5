package io.rankfall.train;

/** How a run ended. */
public sealed interface RunOutcome {

  /** The training ended with a network. */
  sealed interface Trained extends RunOutcome {
    Network network();
  }

  /** All epochs were trained. */
  record Completed(Network network) implements Trained {}

  /**
   * A rule ended the training.
   *
   * @param epoch the last one that was trained
   * @param reason what the rule said
   */
  record Stopped(Network network, int epoch, StopRule rule, String reason) implements Trained {
    /** For example {@code epoch 7: mean rank 19.5, goal 20.0}. */
    public String message() {
      return "epoch %d: %s".formatted(epoch, reason);
    }
  }

  /**
   * Loss or weights stopped being finite: data, not an error.
   *
   * @param epoch counted from 1
   * @param step within the epoch, counted from 1
   * @param reason for example {@code loss is NaN}
   */
  record Diverged(int epoch, int step, String reason) implements RunOutcome {
    /** For example {@code epoch 3, step 17: loss is NaN}. */
    public String message() {
      return "epoch %d, step %d: %s".formatted(epoch, step, reason);
    }
  }
}
