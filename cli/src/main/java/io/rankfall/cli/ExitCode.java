package io.rankfall.cli;

/** What the process returns to the shell. */
final class ExitCode {
  static final int OK = 0;

  /**
   * The command worked and found something wrong: a budget that cannot be met, a training that
   * diverged, did not reach its goal or was paused when its time was up, a sweep's run that failed,
   * weights with NaN, a theorem that does not hold.
   */
  static final int FINDING = 1;

  static final int USAGE = 2;
  static final int FAILURE = 3;

  /** 128 + SIGINT. */
  static final int INTERRUPTED = 130;

  /** 128 + SIGTERM. */
  static final int TERMINATED = 143;

  private ExitCode() {}
}
