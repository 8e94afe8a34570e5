package io.rankfall.cli;

/** Estimates when work will be done from the pace so far. */
final class TimeLeft {
  private static final int BAR_WIDTH = 24;

  /** What a step costs whatever its batch, in examples: reading and writing all weights. */
  private static final double EXAMPLES_WORTH_OF_WEIGHTS = 9;

  private double total;
  private final long start = System.nanoTime();
  private double done;

  TimeLeft(double total) {
    this.total = total;
  }

  /** The work of one training step, in units of an example. */
  static double workOfStep(int batchSize) {
    return batchSize + EXAMPLES_WORTH_OF_WEIGHTS;
  }

  synchronized void did(double work) {
    done += work;
  }

  /** Has to be done again. */
  synchronized void undid(double work) {
    total += work;
  }

  /** For example {@code 3:07}; empty before anything is known. */
  synchronized String text() {
    double seconds = (System.nanoTime() - start) * 1e-9;
    if (done <= 0 || seconds < 1) {
      return "";
    }
    long left = Math.round(seconds * Math.max(0, total - done) / done);
    return "%d:%02d".formatted(left / 60, left % 60);
  }

  /** For example {@code training ██████░░░░ 43 %, 1:52 left}. */
  synchronized String bar(String what) {
    double share = Math.min(1, done / total);
    int full = (int) (share * BAR_WIDTH);
    String left = text();
    return "%s %s%s %.0f %%%s"
        .formatted(
            what,
            "█".repeat(full),
            "░".repeat(BAR_WIDTH - full),
            100 * share,
            left.isEmpty() ? "" : ", " + left + " left");
  }
}
