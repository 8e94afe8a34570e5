package io.rankfall.cli;

import io.rankfall.compress.InspectionListener;

/** A bar with the time left on a terminal, a line a minute elsewhere. */
final class InspectionProgress implements InspectionListener {
  private final Console console;
  private final TimeLeft timeLeft;

  /**
   * @param work of all matrices
   */
  InspectionProgress(Console console, double work) {
    this.console = console;
    this.timeLeft = new TimeLeft(work);
  }

  @Override
  public synchronized void onDone(String name, double work) {
    timeLeft.did(work);
    console.bar(timeLeft.bar("inspecting"));
  }
}
