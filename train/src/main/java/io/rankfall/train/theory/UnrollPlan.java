package io.rankfall.train.theory;

import io.rankfall.train.theory.TheoryPlan.Shape;
import io.rankfall.train.theory.TheorySettings.Depth;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Behind which steps the recursion is unrolled, how far back, and which gradients and weights are
 * to be kept for that.
 */
final class UnrollPlan {
  /** Multiplications that adding up the remembered gradients may take: a few seconds. */
  private static final double MOST_WORK = 5e10;

  /** n of the identity where that is not the last check of all. */
  private static final int IDENTITY_STEPS = 100;

  /** Gradients that are remembered where the window is infinite. */
  private static final int WITHOUT_WINDOW = 1000;

  private final TheorySettings settings;
  private final long stepsPerEpoch;
  private final long last;
  private final boolean momentum;
  private final int remembered;

  /** The identity's n by T. */
  private final Map<Long, List<Long>> identity = new HashMap<>();

  private final BitSet kept = new BitSet();
  private final BitSet copies = new BitSet();
  private final List<Long> witness;

  /**
   * @param windows at the last step, one for each ε
   */
  UnrollPlan(
      TheorySettings settings,
      StepRecursion recursion,
      long epochs,
      long stepsPerEpoch,
      int batchSize,
      List<Shape> shapes,
      List<MemoryWindow> windows) {
    this.settings = settings;
    this.stepsPerEpoch = stepsPerEpoch;
    this.last = epochs * stepsPerEpoch;
    this.momentum = recursion.momentum() > 0;
    this.remembered = remembered(batchSize, shapes, windows);
    this.witness =
        remembered == 0 || settings.witnessPoints() == 0 ? List.of() : spread(remembered, windows);
    if (remembered > 0) {
      epochEnds(epochs).forEach(epoch -> planIdentity(epoch * stepsPerEpoch));
    }
  }

  private boolean isLight() {
    return settings.depth() == Depth.LIGHT;
  }

  /** How many steps' gradients fit the memory and are of use. */
  private int remembered(int batchSize, List<Shape> shapes, List<MemoryWindow> windows) {
    long bytes = 0;
    double work = 0;
    for (Shape shape : shapes) {
      bytes += Float.BYTES * shape.numbersAStep(batchSize);
      work += (shape.factored() ? batchSize : 1.0) * shape.rows() * shape.cols();
    }
    long most = Math.min(last, Math.min(settings.memory() / bytes, (long) (MOST_WORK / work)));
    if (settings.witnessPoints() == 0) {
      most = Math.min(most, identityReach());
    }
    long longest = 0;
    for (MemoryWindow window : windows) {
      Long steps = window.steps();
      longest = Math.max(longest, steps == null ? WITHOUT_WINDOW : steps);
    }
    return (int) Math.min(most, longest);
  }

  private long identityReach() {
    return isLight()
        ? Math.max(1, Math.min(IDENTITY_STEPS, stepsPerEpoch / TheoryPlan.LIGHT_STEPS))
        : IDENTITY_STEPS;
  }

  /** Those behind which the identity is checked, the last one among them. */
  private Set<Long> epochEnds(long epochs) {
    Set<Long> ends = new TreeSet<>();
    if (isLight()) {
      ends.add(1L);
      ends.add(epochs);
    } else {
      long parts = Math.min(4, epochs);
      for (long k = 1; k <= parts; k++) {
        ends.add(epochs * k / parts);
      }
    }
    return ends;
  }

  private void planIdentity(long step) {
    long most = Math.min(step, step == last ? remembered : Math.min(identityReach(), remembered));
    List<Long> steps = new ArrayList<>();
    for (long n = 1; n < most; n *= isLight() ? most : 10) {
      steps.add(n);
    }
    steps.add(most);
    identity.put(step, List.copyOf(steps));
    for (long n : steps) {
      copies.set(TheoryPlan.index(step - n));
      if (momentum) {
        copies.set(TheoryPlan.index(Math.max(0, step - n - 1)));
      }
    }
    kept.set(TheoryPlan.index(step - most + 1), TheoryPlan.index(step) + 1);
  }

  /** 1 to most, so many a decade, and the windows of the ε. */
  private List<Long> spread(long most, List<MemoryWindow> windows) {
    Set<Long> points = new TreeSet<>();
    for (int k = 0; Math.pow(10, (double) k / settings.witnessPoints()) < most; k++) {
      points.add(Math.round(Math.pow(10, (double) k / settings.witnessPoints())));
    }
    points.add(most);
    for (MemoryWindow window : windows) {
      Long n = window.steps();
      if (n != null && n <= most) {
        points.add(n);
      }
    }
    return List.copyOf(points);
  }

  /** How many steps' gradients are to be remembered. */
  int rememberedSteps() {
    return remembered;
  }

  /** Whether the gradient of this step will be added up. */
  boolean remembers(long step) {
    return kept.get(TheoryPlan.index(step));
  }

  boolean copiesWeights(long step) {
    return copies.get(TheoryPlan.index(step));
  }

  /** The oldest copy of the weights that is asked for behind this step. */
  long oldestCopyAfter(long step) {
    return identity.entrySet().stream()
        .filter(entry -> entry.getKey() > step)
        .mapToLong(entry -> entry.getKey() - entry.getValue().get(entry.getValue().size() - 1) - 1)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** The T of the identity. */
  Set<Long> ends() {
    return identity.keySet();
  }

  /** The n of the identity at T, ascending and at most T; none where it is not checked. */
  List<Long> identitySteps(long step) {
    return identity.getOrDefault(step, List.of());
  }

  /** The n of the witness at the last step, ascending. */
  List<Long> witnessSteps() {
    return witness;
  }
}
