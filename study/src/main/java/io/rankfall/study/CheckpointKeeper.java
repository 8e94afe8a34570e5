package io.rankfall.study;

import io.rankfall.train.Checkpoint;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.TrainingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the newest and the best of one training in its run's folder: before the first step, so that
 * a folder without room is found at once; at an interval; at the end; and where it is asked to
 * pause.
 *
 * <p>A file that cannot be written ends the training with an {@link UncheckedIOException}; what was
 * written before stays.
 */
public final class CheckpointKeeper implements TrainingListener {
  private final RunCheckpoints folder;
  private final CheckpointInterval interval;
  private final BooleanSupplier pause;

  private double best = Double.NEGATIVE_INFINITY;
  private boolean better;
  private int epoch = -1;
  private int writtenEpoch = -1;
  private int writtenSteps;
  private long writtenAt = System.nanoTime();

  /**
   * @param pause asked before every step; at the first yes the training is left with a {@link
   *     TrainingPaused}
   * @param from what the training goes on from and the folder holds, or null
   */
  public CheckpointKeeper(
      RunCheckpoints folder,
      CheckpointInterval interval,
      BooleanSupplier pause,
      @Nullable Checkpoint from)
      throws IOException {
    this.folder = folder;
    this.interval = interval;
    this.pause = pause;
    if (from != null) {
      EpochRecord bestEpoch = EpochRecord.best(from.epochs());
      best = bestEpoch.selection().accuracy();
      epoch = from.epoch();
      writtenEpoch = from.epoch();
      writtenSteps = from.partial().steps();
      if (bestEpoch.epoch() == from.epoch()
          && writtenSteps == 0
          && !folder.holdsBest(from, from.epoch())) {
        folder.writeBest(from);
      }
    }
  }

  @Override
  public void onEpoch(EpochRecord record) {
    epoch = record.epoch();
    better = record.selection().accuracy() > best;
    best = Math.max(best, record.selection().accuracy());
  }

  @Override
  public void onCheckpoint(int finished, Supplier<Checkpoint> checkpoint) {
    boolean due = finished == 0 || interval.afterEpoch(finished, seconds());
    if (!better && !due) {
      return;
    }
    Checkpoint now = checkpoint.get();
    if (better) {
      // First: from the newest checkpoint on a lost best one would not be found again.
      write(() -> folder.writeBest(now));
    }
    if (due) {
      write(now);
    }
  }

  @Override
  public void beforeStep(int begun, int done, Supplier<Checkpoint> checkpoint)
      throws TrainingPaused {
    boolean pausing = pause.getAsBoolean();
    if (pausing || interval.betweenSteps(seconds())) {
      writeOnce(done, checkpoint);
    }
    if (pausing) {
      throw new TrainingPaused(done > 0 ? begun : begun - 1, done);
    }
  }

  @Override
  public void onTrained(Supplier<Checkpoint> checkpoint) {
    writeOnce(0, checkpoint);
  }

  private double seconds() {
    return (System.nanoTime() - writtenAt) * 1e-9;
  }

  private void writeOnce(int steps, Supplier<Checkpoint> checkpoint) {
    if (writtenEpoch != epoch || writtenSteps != steps) {
      write(checkpoint.get());
    }
  }

  private void write(Checkpoint checkpoint) {
    write(() -> folder.write(checkpoint));
    writtenEpoch = checkpoint.epoch();
    writtenSteps = checkpoint.partial().steps();
    writtenAt = System.nanoTime();
  }

  private interface Writing {
    void run() throws IOException;
  }

  private static void write(Writing writing) {
    try {
      writing.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
