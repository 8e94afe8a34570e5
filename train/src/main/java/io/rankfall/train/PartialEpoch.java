package io.rankfall.train;

/**
 * How far the epoch under way has come.
 *
 * @param steps made, 0 at its beginning
 * @param loss Σ over the examples of these steps of their cross-entropy in nats, each before its
 *     step
 * @param correct how many of these examples were classified correctly
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

  /** The mean over the {@code examples} that were trained on. */
  Evaluation mean(int examples) {
    return new Evaluation(loss / examples, (double) correct / examples);
  }
}
