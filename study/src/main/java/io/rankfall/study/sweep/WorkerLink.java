package io.rankfall.study.sweep;

import java.util.Optional;

/** Lines to a {@link Worker} and from it, wherever it lives. */
public interface WorkerLink extends AutoCloseable {

  /** Why a worker is no more. */
  enum Cause {
    /** Its process ended. */
    CRASHED,
    /** Its machine or the way to it is gone, which is not for what it trained. */
    LOST
  }

  /**
   * How a worker ended.
   *
   * @param message one line
   */
  record Ending(Cause cause, String message) {}

  /** A worker that has ended does not mind: {@link #receive} tells. */
  void send(String line);

  /** The next line; empty when the worker has ended. */
  Optional<String> receive();

  /** How it ended; waits for the end. */
  Ending ending() throws InterruptedException;

  /** Ends the worker at once; a file that it writes appears whole or not at all. */
  @Override
  void close();
}
