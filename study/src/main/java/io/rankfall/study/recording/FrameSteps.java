package io.rankfall.study.recording;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Behind which steps a layer is looked at: densely where training begins and changes most, ever
 * more sparsely towards its end.
 */
public final class FrameSteps {
  private final Set<Long> steps;

  private FrameSteps(Set<Long> steps) {
    this.steps = steps;
  }

  /**
   * The whole numbers nearest to last·(k/count)³.
   *
   * @param last step of the training, at least 1
   * @param count k goes up to it; as the first ones fall together, there are a few frames fewer
   */
  public static FrameSteps cubic(long last, int count) {
    if (last < 1 || count < 1) {
      throw new IllegalArgumentException(
          "frames: expected at least one step and one frame, found %d and %d"
              .formatted(last, count));
    }
    Set<Long> steps = new TreeSet<>();
    for (int k = 0; k <= count; k++) {
      steps.add(Math.round(last * Math.pow((double) k / count, 3)));
    }
    return new FrameSteps(steps);
  }

  boolean contains(long step) {
    return steps.contains(step);
  }

  /** All of them, ascending, 0 among them. */
  public List<Long> all() {
    return new ArrayList<>(steps);
  }
}
