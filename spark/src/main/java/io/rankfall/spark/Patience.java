package io.rankfall.spark;

import java.util.function.Consumer;

/** Says so when a cluster lets the first worker wait. */
final class Patience implements AutoCloseable {
  private static final long MILLIS_UNTIL_NOTE = 30_000;

  private final String master;
  private final Consumer<String> notes;
  private final Thread waiting;

  Patience(String master, Consumer<String> notes) {
    this.master = master;
    this.notes = notes;
    this.waiting = new Thread(this::await, "rankfall-patience");
    waiting.setDaemon(true);
    waiting.start();
  }

  private void await() {
    try {
      Thread.sleep(MILLIS_UNTIL_NOTE);
      notes.accept(
          "%s: no worker yet: waiting for a core and for memory, which another application may have"
              .formatted(master));
    } catch (InterruptedException e) {
      // It came.
    }
  }

  /** A worker has called. */
  void calls() {
    waiting.interrupt();
  }

  @Override
  public void close() {
    waiting.interrupt();
  }
}
