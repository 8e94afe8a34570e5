package io.rankfall.study.store;

/** Where a run of a study stands. */
public enum RunState {
  /** To be trained, from the start or from its checkpoint. */
  WAITING,
  /** Claimed by a process. */
  RUNNING,
  COMPLETED,
  /** Loss or weights stopped being finite: data, not an error. */
  DIVERGED,
  /** Its worker crashed twice. */
  FAILED
}
