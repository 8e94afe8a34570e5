package io.rankfall.study.recording;

import static java.util.Objects.requireNonNull;

import io.rankfall.train.RunSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One layer of a training, from its first to its last step.
 *
 * @param layer its name
 * @param rows d_out
 * @param cols d_in
 * @param frames ascending by step, the first before training
 * @param testAccuracy after the last epoch
 * @param diverged where the training did; null if it did not. The frames end before
 */
public record Recording(
    RunSpec spec,
    String layer,
    int rows,
    int cols,
    List<Frame> frames,
    double testAccuracy,
    @Nullable String diverged) {
  public Recording {
    requireNonNull(spec, "spec");
    frames = List.copyOf(frames);
    if (frames.isEmpty()) {
      throw new IllegalArgumentException(
          "recording of %s: expected at least one frame, found none".formatted(layer));
    }
  }
}
