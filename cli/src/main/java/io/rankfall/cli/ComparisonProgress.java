package io.rankfall.cli;

import io.rankfall.study.ComparisonListener;
import io.rankfall.study.ComparisonSpec;
import io.rankfall.study.ComparisonSpec.Cell;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import java.util.Locale;

/** A line an epoch and a status line with the time left, for {@code demo}. */
final class ComparisonProgress implements ComparisonListener {
  private final Console console;
  private final EpochLines lines;
  private final TimeLeft timeLeft;
  private final int examples;

  ComparisonProgress(Console console, ComparisonSpec spec, Dataset dataset) {
    this.console = console;
    this.examples = dataset.train().size();
    double work = 0;
    for (Cell cell : spec.cells()) {
      work += spec.base().epochs() * (double) steps(cell) * TimeLeft.workOfStep(cell.batchSize());
    }
    this.timeLeft = new TimeLeft(work);
    this.lines = new EpochLines(console, spec.base().epochs(), 12);
  }

  private int steps(Cell cell) {
    return (examples + cell.batchSize() - 1) / cell.batchSize();
  }

  @Override
  public void onEpoch(Cell cell, EpochRecord record) {
    lines.print(cell.id(), record, timeLeft.text());
  }

  @Override
  public void onStep(Cell cell, int epoch, int step) {
    timeLeft.did(TimeLeft.workOfStep(cell.batchSize()));
    console.status(timeLeft.bar("step 1 of 4, training"));
  }

  @Override
  public void onRun(Cell cell, Run run) {
    if (run.outcome() instanceof RunOutcome.Diverged diverged) {
      console.progress("%s diverged at %s".formatted(cell.id(), diverged.message()));
    }
  }

  @Override
  public void onFiles(Phase phase, int done, int total) {
    String what = phase.name().toLowerCase(Locale.ROOT);
    console.status("step %d of 4, %s: %d of %d".formatted(phase.step(), what, done, total));
    if (done == total && !console.terminal()) {
      console.progress("%s: %d done".formatted(what, total));
    }
  }
}
