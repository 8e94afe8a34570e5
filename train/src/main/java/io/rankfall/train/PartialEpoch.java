package io.rankfall.train;

/**
 * How far the epoch under way has come.
 *
 * @param steps made, 0 at its beginning
 * @param loss Σ over the examples of these steps of their loss, each before its step
 * @param correct how many of their labels were told correctly
 */
public record PartialEpoch(int steps, double loss, long correct) {
  /** The epoch has not begun. */
  public static final PartialEpoch NONE = new PartialEpoch(0, 0, 0);

  public PartialEpoch {
    if (steps < 0 || !Double.isFinite(loss) || correct < 0) {
      throw new IllegalArgumentException(
          "epoch under way: expected steps, a finite loss and hits, found %d, %s and %d"
              .formatted(steps, loss, correct));
    }
  }

  /** After one more step on {@code examples} examples. */
  PartialEpoch plus(StepResult step, int examples) {
    return new PartialEpoch(steps + 1, loss + step.loss() * examples, correct + step.correct());
  }

  /** The mean over the examples that were trained on, and their labels. */
  Evaluation mean(Examples examples) {
    int size = examples.size();
    return new Evaluation(loss / size, correct / ((double) size * examples.targets()));
  }
}
