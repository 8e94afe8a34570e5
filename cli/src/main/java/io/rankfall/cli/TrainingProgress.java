package io.rankfall.cli;

import io.rankfall.study.FineTuning;
import io.rankfall.train.Checkpoint;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.GradientListener;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepResult;
import io.rankfall.train.TrainedLayers;
import io.rankfall.train.TrainingListener;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Shows one training: a line an epoch, and a bar of all its steps. */
final class TrainingProgress implements TrainingListener {
  private static final int NARROWEST_NAME = 3;

  private final Console console;
  private final String name;
  private final EpochLines lines;
  private final TimeLeft timeLeft;
  private int stepsSinceStart;

  /**
   * @param name of the training in its lines
   * @param from what it goes on from, or null
   */
  TrainingProgress(
      Console console, String name, RunSpec spec, Dataset dataset, @Nullable Checkpoint from) {
    this(console, name, spec.epochs(), steps(spec, dataset), from);
  }

  private TrainingProgress(
      Console console, String name, int epochs, int steps, @Nullable Checkpoint from) {
    this.console = console;
    this.name = name;
    this.lines = new EpochLines(console, epochs, Math.max(NARROWEST_NAME, name.length()));
    double done = from == null ? 0 : (double) steps * from.epoch() + from.partial().steps();
    this.timeLeft = new TimeLeft((double) steps * epochs - done);
  }

  /** Of a run's compressed network that is trained on, once more where that diverges. */
  static TrainingListener ofTuning(
      Console console, RunSpec spec, FineTuning.Recipe recipe, Dataset dataset) {
    TrainingProgress progress =
        new TrainingProgress(console, "tuning", recipe.epochs(), steps(spec, dataset), null);
    return progress.andThen(
        new TrainingListener() {
          @Override
          public void onEpoch(EpochRecord record) {}

          @Override
          public void onDiverged(RunOutcome.Diverged outcome) {
            console.progress("tuning diverged at " + outcome.message());
          }
        });
  }

  private static int steps(RunSpec spec, Dataset dataset) {
    return (dataset.train().size() + spec.batchSize() - 1) / spec.batchSize();
  }

  @Override
  public void onStart(TrainedLayers layers, Consumer<GradientListener> gradients, int epoch) {
    stepsSinceStart = 0;
  }

  @Override
  public void onEpoch(EpochRecord record) {
    lines.print(name, record, timeLeft.text());
  }

  @Override
  public void onStep(int epoch, int step, StepResult result) {
    stepsSinceStart++;
    timeLeft.did(1);
    console.status(timeLeft.bar("training"));
  }

  @Override
  public void onDiverged(RunOutcome.Diverged outcome) {
    timeLeft.undid(stepsSinceStart);
  }
}
