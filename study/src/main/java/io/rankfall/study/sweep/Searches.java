package io.rankfall.study.sweep;

import io.rankfall.study.statistics.Chance;
import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StoredRun;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which runs of a sweep have their {@link Compressibility} searched once they are trained: all that
 * completed with a test accuracy above chance. In an untrained network, as in one that diverged,
 * there is nothing to keep.
 */
public final class Searches {
  /** Searches nothing. */
  public static final Searches NONE = new Searches(0);

  private final int testExamples;
  private final Set<String> without = ConcurrentHashMap.newKeySet();

  private Searches(int testExamples) {
    this.testExamples = testExamples;
  }

  /**
   * Searches what has learned something.
   *
   * @param testExamples behind every test accuracy
   */
  public static Searches ofTrained(int testExamples) {
    if (testExamples < 1) {
      throw new IllegalArgumentException("test examples: expected >= 1, found " + testExamples);
    }
    return new Searches(testExamples);
  }

  /** Whether any run is searched. */
  public boolean any() {
    return testExamples > 0;
  }

  /** Whether there is something to find in a network of this accuracy. */
  public boolean concern(RunState state, int classes, double testAccuracy) {
    return any()
        && state == RunState.COMPLETED
        && testAccuracy > Chance.best(classes, testExamples);
  }

  /** Whether there is something to find in a run as it stands. */
  public boolean concern(StoredRun run) {
    return run.last() != null
        && concern(run.state(), run.spec().architecture().outputs(), run.last().test().accuracy());
  }

  boolean isWanted(StoredRun run) {
    return concern(run) && !without.contains(run.id());
  }

  /** This process does not try the run again. */
  void leaveOut(String run) {
    without.add(run);
  }
}
