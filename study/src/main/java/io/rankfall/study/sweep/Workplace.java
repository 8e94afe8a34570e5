package io.rankfall.study.sweep;

import java.io.IOException;
import java.util.List;

/** Where the workers of a sweep live. May be used by several threads at once. */
public interface Workplace extends AutoCloseable {

  /**
   * Asks for a worker. It says that it is ready as soon as there is room for it, which may take
   * long.
   *
   * @throws IOException in one line, if there can be none: then no trial could be trained
   */
  WorkerLink start() throws IOException;

  /** Ends the workers that are left. */
  @Override
  default void close() {}

  /**
   * Processes of this machine.
   *
   * @param command starts one that calls {@link Worker#work} with its standard streams
   */
  static Workplace here(List<String> command) {
    List<String> copy = List.copyOf(command);
    return () -> new WorkerProcess(copy);
  }
}
