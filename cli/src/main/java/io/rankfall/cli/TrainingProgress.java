package io.rankfall.cli;

import io.rankfall.train.Checkpoint;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepResult;
import io.rankfall.train.TrainingListener;
import org.jspecify.annotations.Nullable;

/** Shows one training: a line an epoch, and a bar of all its steps. */
final class TrainingProgress implements TrainingListener {
  private static final int NARROWEST_NAME = 3;

  private final Console console;
  private final String name;
  private final EpochLines lines;
  private final TimeLeft timeLeft;

  /**
   * @param name of the training in its lines
   * @param from what it goes on from, or null
   */
  TrainingProgress(
      Console console, String name, RunSpec spec, Dataset dataset, @Nullable Checkpoint from) {
    this.console = console;
    this.name = name;
    this.lines = new EpochLines(console, spec.epochs(), Math.max(NARROWEST_NAME, name.length()));
    int steps = (dataset.train().size() + spec.batchSize() - 1) / spec.batchSize();
    double done = from == null ? 0 : (double) steps * from.epoch() + from.partial().steps();
    this.timeLeft = new TimeLeft((double) steps * spec.epochs() - done);
  }

  @Override
  public void onEpoch(EpochRecord record) {
    lines.print(name, record, timeLeft.text());
  }

  @Override
  public void onStep(int epoch, int step, StepResult result) {
    timeLeft.did(1);
    console.status(timeLeft.bar("training"));
  }
}
