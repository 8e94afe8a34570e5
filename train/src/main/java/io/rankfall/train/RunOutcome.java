package io.rankfall.train;

/** How a run ended. */
public sealed interface RunOutcome {

  /** All epochs were trained. */
  record Completed(Network network) implements RunOutcome {}

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
