package io.rankfall.train.tracking;

import io.rankfall.train.EpochRecord;
import io.rankfall.train.TrainingListener;
import java.util.List;

/**
 * Writes one training down where others watch it. A tracker never fails a training: trouble after
 * its start is told once, in one line, to whom it was started with.
 *
 * <p>Its methods may be called on any thread, {@link #end} also while an epoch is written.
 */
public interface RunTracker extends TrainingListener, AutoCloseable {

  /** Writes the epoch; nothing after the run has ended. */
  @Override
  void onEpoch(EpochRecord record);

  /** Writes how the run ended. The first call counts. */
  void end(RunEnd end);

  /** Ends the run as {@link RunEnd.Failed}, unless it has ended. */
  @Override
  default void close() {
    end(new RunEnd.Failed());
  }

  /** All of them as one, in this order. */
  static RunTracker all(List<? extends RunTracker> trackers) {
    List<RunTracker> each = List.copyOf(trackers);
    return new RunTracker() {
      @Override
      public void onEpoch(EpochRecord record) {
        each.forEach(tracker -> tracker.onEpoch(record));
      }

      @Override
      public void end(RunEnd end) {
        each.forEach(tracker -> tracker.end(end));
      }
    };
  }
}
