package io.rankfall.study.sweep;

import java.io.IOException;

/** What one worker does for one claim. */
interface Attempt {
  /** What the worker is told to do. */
  Message.Order order() throws IOException;

  /** Keeps what the worker tells. */
  void hear(Message message) throws IOException;

  /** The work cannot be done, or the worker has ended. */
  void failed(String message) throws IOException;

  /** The worker's machine is gone, which is not for the work. */
  void lost(String message) throws IOException;

  /** Whether the worker can be given something else. */
  boolean hasEnded();
}
