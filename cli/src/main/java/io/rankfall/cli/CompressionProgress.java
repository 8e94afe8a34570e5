package io.rankfall.cli;

import io.rankfall.compress.CompressionListener;
import io.rankfall.compress.CompressionReport.Trial;
import io.rankfall.compress.Goal;

/** A line for each candidate; the stage, on a terminal. */
final class CompressionProgress implements CompressionListener {
  private final Console console;
  private final Goal goal;

  CompressionProgress(Console console, Goal goal) {
    this.console = console;
    this.goal = goal;
  }

  @Override
  public void onStage(String stage) {
    console.status(stage + "…");
  }

  @Override
  public void onTrial(Trial trial) {
    console.progress(
        "  %,d parameters: %s, %s"
            .formatted(
                trial.parameters(),
                goal.measured(trial.value()),
                trial.met() ? "within the goal" : "too much"));
  }

  @Override
  public void onNote(String note) {
    console.progress("rankfall: note: " + note);
  }
}
