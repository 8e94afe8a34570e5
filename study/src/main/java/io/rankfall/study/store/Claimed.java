package io.rankfall.study.store;

import io.rankfall.train.RunSpec;

/** A run that this process works on, and no other. */
public sealed interface Claimed permits Claim, SearchClaim {
  /** The run's name in the study. */
  String run();

  RunSpec spec();
}
