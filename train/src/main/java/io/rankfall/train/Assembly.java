package io.rankfall.train;

/** When the numbers of a batch are put together. The batches are the same, to the bit. */
public enum Assembly {
  /** By the learner's own thread, in the step: where every core has a trial. */
  IN_TURN,
  /** By another thread during the step before, if that takes longer than handing them over. */
  AHEAD
}
