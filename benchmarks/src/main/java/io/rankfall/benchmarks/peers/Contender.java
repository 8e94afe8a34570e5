package io.rankfall.benchmarks.peers;

import java.io.IOException;

/** One way of doing a {@link Duel}'s work, ready to be timed again and again. */
interface Contender extends AutoCloseable {
  /**
   * Works for the given time, and at least once.
   *
   * @return repetitions a second
   */
  double measure(double seconds) throws Exception;

  /** A remark for the reader of the table, for example the accuracy reached; usually empty. */
  default String note() {
    return "";
  }

  @Override
  default void close() throws IOException {}

  /** One that repeats {@code work} on the calling thread. */
  static Contender repeating(Work work) {
    return seconds -> repeat(work, seconds);
  }

  /** What is repeated. */
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  /** Repetitions a second of {@code work} over the given time, and at least one repetition. */
  static double repeat(Work work, double seconds) throws Exception {
    long start = System.nanoTime();
    long count = 0;
    double elapsed;
    do {
      work.run();
      count++;
      elapsed = (System.nanoTime() - start) * 1e-9;
    } while (elapsed < seconds);
    return count / elapsed;
  }
}
