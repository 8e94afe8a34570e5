package io.rankfall.study;

import io.rankfall.train.Checkpoint;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Network;
import io.rankfall.train.RunSpec;
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
  private final RunSpec spec;

  private double best = Double.NEGATIVE_INFINITY;
  private int epoch = -1;
  private int writtenEpoch = -1;
  private int writtenSteps;
  private long writtenAt = System.nanoTime();

  /**
   * @param spec of the training, with the epochs where it is to end
   * @param pause asked before every step; at the first yes the training is left with a {@link
   *     TrainingPaused}
   * @param from what the training goes on from and the folder holds, or null
   * @throws IOException in one line, if the folder cannot be written
   */
  public CheckpointKeeper(
      RunCheckpoints folder,
      CheckpointInterval interval,
      RunSpec spec,
      BooleanSupplier pause,
      @Nullable Checkpoint from)
      throws IOException {
    this.folder = folder;
    this.interval = interval;
    this.spec = spec;
    this.pause = pause;
    if (from != null) {
      EpochRecord bestSoFar = EpochRecord.best(from.epochs());
      best = bestSoFar.selection().accuracy();
      epoch = from.epoch();
      writtenEpoch = from.epoch();
      writtenSteps = from.partial().steps();
      // Somebody may have removed it.
      if (bestSoFar.epoch() == epoch && writtenSteps == 0 && !folder.holdsBest(spec, epoch)) {
        folder.writeBest(spec, bestSoFar, from.network());
      }
    }
  }

  @Override
  public void onEpoch(EpochRecord record) {
    epoch = record.epoch();
  }

  @Override
  public void onNetwork(EpochRecord record, Network network) {
    // Before the checkpoint of this epoch: a training that went on from there would not meet this
    // network again.
    if (record.selection().accuracy() > best) {
      best = record.selection().accuracy();
      write(() -> folder.writeBest(spec, record, network));
    }
  }

  @Override
  public void onCheckpoint(int finished, Supplier<Checkpoint> checkpoint) {
    if (finished == 0 || interval.afterEpoch(finished, seconds())) {
      write(checkpoint.get());
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
      throw new TrainingPaused(spec.epochs(), done > 0 ? begun : begun - 1, done);
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
