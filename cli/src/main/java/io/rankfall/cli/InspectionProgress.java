package io.rankfall.cli;

import io.rankfall.compress.InspectionListener;

/** A bar with the time left on a terminal, a line a minute elsewhere. */
final class InspectionProgress implements InspectionListener {
  private static final long NANOS_BETWEEN_LINES = 60_000_000_000L;

  private final Console console;
  private final TimeLeft timeLeft;
  private long lastLine = System.nanoTime();

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
    String bar = timeLeft.bar("inspecting");
    console.status(bar);
    long now = System.nanoTime();
    if (!console.terminal() && now - lastLine > NANOS_BETWEEN_LINES) {
      lastLine = now;
      console.progress("%s (%s)".formatted(bar, name));
    }
  }
}
