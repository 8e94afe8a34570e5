package io.rankfall.study.sweep;

import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.RunState;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.RunSpec;
import org.jspecify.annotations.Nullable;

/** Hears of a sweep's progress, from the threads that wait for workers: several at once. */
public interface SweepListener {
  /** Hears nothing. */
  SweepListener NONE = new SweepListener() {};

  /**
   * A training begins.
   *
   * @param from the epoch that it goes on from, −1 from the start
   */
  default void onStart(RunSpec spec, int from) {}

  /** An epoch is stored. */
  default void onEpoch(RunSpec spec, EpochRecord record) {}

  /**
   * A trial has ended.
   *
   * @param state WAITING if it will be tried again
   * @param last the last epoch measured in this attempt
   * @param message why it diverged or failed
   * @param seconds of training
   */
  default void onEnd(
      RunSpec spec,
      RunState state,
      @Nullable EpochRecord last,
      @Nullable String message,
      double seconds) {}

  /** A search of a run's compressibility begins. */
  default void onSearch(RunSpec spec) {}

  /**
   * A search of a run's compressibility has ended.
   *
   * @param found null if the run stays without; a note said why
   */
  default void onSearched(RunSpec spec, @Nullable Compressibility found, double seconds) {}

  /** Something that went otherwise than planned and was dealt with. */
  default void onNote(String note) {}
}
