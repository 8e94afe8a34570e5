package io.rankfall.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A training at the end of an epoch, from which it goes on to the bit as if it had not stopped: on
 * the same machine with the same library versions, as every rerun.
 *
 * <p>The order of examples and the learning rate follow from seed, schedule and epoch.
 *
 * @param dataSha256 of the data set
 * @param epochs what was measured so far, from epoch 0 on
 * @param seconds of wall-clock time spent so far
 */
public record Checkpoint(
    RunSpec spec, String dataSha256, LearnerState state, List<EpochRecord> epochs, double seconds) {

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
    if (epochs.isEmpty() || epochs.size() - 1 > spec.epochs()) {
      throw new IllegalArgumentException(
          "checkpoint: expected epochs from 0 to at most %d, found %d of them"
              .formatted(spec.epochs(), epochs.size()));
    }
  }

  /** The epoch at whose end this was taken. */
  public int epoch() {
    return epochs.size() - 1;
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
