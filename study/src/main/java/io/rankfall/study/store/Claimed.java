package io.rankfall.study.store;

import io.rankfall.train.RunSpec;
import java.io.IOException;

/** A run that this process works on, and no other. */
public sealed interface Claimed permits Claim, SearchClaim {
  /** The run's name in the study. */
  String run();

  RunSpec spec();

  /**
   * The worker was lost with its machine: the work waits again, and nothing is held against it.
   *
   * @throws LostClaimException if another process has the run by now
   */
  void lost(String message) throws IOException;
}
