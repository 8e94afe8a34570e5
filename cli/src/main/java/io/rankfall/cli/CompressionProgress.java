package io.rankfall.cli;

import io.rankfall.compress.CompressionListener;
import io.rankfall.compress.CompressionReport.Trial;
import io.rankfall.compress.Goal;

/**
 * A line for each candidate; the stage, on a terminal with a bar and the time left where it takes
 * long, elsewhere a line a minute.
 */
final class CompressionProgress implements CompressionListener {
  private final Console console;
  private final Goal goal;
  private String stage = "";
  private double done;
  private TimeLeft timeLeft = new TimeLeft(1);

  CompressionProgress(Console console, Goal goal) {
    this.console = console;
    this.goal = goal;
  }

  @Override
  public void onStage(String begun) {
    stage = begun;
    done = 0;
    console.status(stage + "…");
  }

  @Override
  public void onProgress(double nowDone, double total) {
    if (done == 0 || nowDone < done) {
      // A stage of several parts begins anew with each.
      timeLeft = new TimeLeft(total);
      done = 0;
    }
    timeLeft.did(nowDone - done);
    done = nowDone;
    console.bar(timeLeft.bar(stage));
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
