package io.rankfall.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A training at the end of an epoch or between two of its steps, from which it goes on to the bit
 * as if it had not stopped: on the same machine with the same library versions, as every rerun.
 *
 * <p>The order of examples and the learning rate follow from seed, schedule and epoch.
 *
 * @param dataSha256 of the data set
 * @param epochs what was measured so far, from epoch 0 on
 * @param partial how far the epoch after the last of {@code epochs} has come
 * @param seconds of wall-clock time spent so far
 */
public record Checkpoint(
    RunSpec spec,
    String dataSha256,
    LearnerState state,
    List<EpochRecord> epochs,
    PartialEpoch partial,
    double seconds) {

  public Checkpoint {
    Objects.requireNonNull(spec, "spec");
    Objects.requireNonNull(dataSha256, "dataSha256");
    Objects.requireNonNull(state, "state");
    epochs = List.copyOf(epochs);
    for (int e = 0; e < epochs.size(); e++) {
      if (epochs.get(e).epoch() != e) {
        throw new IllegalArgumentException(
            "checkpoint: expected epoch %d, found %d".formatted(e, epochs.get(e).epoch()));
      }
    }
    int begun = epochs.size() - 1 + (partial.steps() > 0 ? 1 : 0);
    if (epochs.isEmpty() || begun > spec.epochs()) {
      throw new IllegalArgumentException(
          "checkpoint: expected epochs from 0 to at most %d, found %d"
              .formatted(spec.epochs(), begun));
    }
  }

  /** The last epoch that is finished. */
  public int epoch() {
    return epochs.size() - 1;
  }

  /** The last epoch that is finished or under way. */
  public int begunEpoch() {
    return epoch() + (partial.steps() > 0 ? 1 : 0);
  }

  /**
   * The setting in which a wanted run is another than this one, for example {@code batchSize:
   * expected 16, found 32} where 16 is this one's; null if it goes on from here. The number of
   * epochs does not count.
   */
  public @Nullable String difference(RunSpec wanted) {
    return SpecJson.difference(spec, wanted);
  }

  /** The network at this moment. */
  public Network network() {
    try (Learner learner = spec.start()) {
      learner.restore(state);
      return learner.network();
    }
  }

  /**
   * Writes a safetensors file with metadata in JSON, whole or not at all.
   *
   * @throws IOException in one line, if it cannot be written
   */
  public void write(Path path) throws IOException {
    CheckpointFile.write(path, this);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IOException in one line, if the file is missing, damaged, of another version or no
   *     checkpoint
   */
  public static Checkpoint read(Path path) throws IOException {
    return CheckpointFile.read(path);
  }
}
