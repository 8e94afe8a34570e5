package io.rankfall.study.sweep;

import io.rankfall.train.RunSpec;

/** What trainings cost in comparison: expensive ones begin first, and the time left follows. */
public final class TrialCost {
  /** What a step costs whatever its batch, in examples: reading and writing all weights. */
  private static final double EXAMPLES_WORTH_OF_WEIGHTS = 9;

  private TrialCost() {}

  /** Of one epoch, in any unit: the multiplications of the steps. */
  public static double ofEpoch(RunSpec spec) {
    return (1 + EXAMPLES_WORTH_OF_WEIGHTS / spec.batchSize()) * spec.architecture().parameters();
  }

  /** Of all epochs. */
  static double of(RunSpec spec) {
    return spec.epochs() * ofEpoch(spec);
  }
}
