package io.rankfall.train.theory;

import io.rankfall.train.RunSpec;
import io.rankfall.train.theory.TheorySettings.Depth;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which steps of a training are to be looked at: all of it follows from the spec before the first
 * step, so that nothing is kept that nobody will ask for.
 */
final class TheoryPlan {
  private static final int FEWEST_STEPS_BETWEEN_NORMS = 16;

  /** At {@link Depth#LIGHT} one step in so many is looked at closely. */
  static final int LIGHT_STEPS = 100;

  private final StepRecursion recursion;
  private final LearningRates rates;
  private final long stepsPerEpoch;
  private final TheorySettings settings;
  private final List<Shape> shapes;
  private final int batchSize;
  private final long last;

  /** Steps whose rounding will be asked for. */
  private final BitSet asked = new BitSet();

  private final BitSet norms = new BitSet();
  private long longest = 1;
  private final long normStride;
  private final UnrollPlan unrolling;
  private final Map<At, MemoryWindow> windows = new HashMap<>();

  /** What a window is asked for. */
  private record At(long step, double epsilon) {}

  /** Of a layer: d_out × d_in, used R times an example; what its gradient takes in memory. */
  record Shape(int rows, int cols, int positions, boolean factored) {
    long numbersAStep(int batchSize) {
      return factored ? (long) batchSize * (rows + cols) : (long) rows * cols;
    }
  }

  TheoryPlan(RunSpec spec, int examples, TheorySettings settings, List<Shape> shapes) {
    this.recursion = StepRecursion.requireModelled(spec.optimizer(), spec.epochs());
    this.stepsPerEpoch = ((long) examples + spec.batchSize() - 1) / spec.batchSize();
    this.rates = LearningRates.of(spec.optimizer(), spec.epochs(), stepsPerEpoch);
    this.settings = settings;
    this.shapes = List.copyOf(shapes);
    this.batchSize = spec.batchSize();
    this.last = rates.steps();
    for (int epoch = 1; epoch <= spec.epochs(); epoch++) {
      planBounds(epoch * stepsPerEpoch);
    }
    this.normStride = Math.max(FEWEST_STEPS_BETWEEN_NORMS, longest / normsAWindow());
    this.unrolling =
        new UnrollPlan(
            settings,
            recursion,
            spec.epochs(),
            stepsPerEpoch,
            batchSize,
            this.shapes,
            settings.epsilons().stream().map(epsilon -> window(last, epsilon)).toList());
    for (long end : unrolling.ends()) {
      unrolling
          .identitySteps(end)
          .forEach(
              n -> {
                lookBackAt(end - n);
                lookBack(end, n);
              });
    }
    unrolling.witnessSteps().forEach(n -> lookBackAt(last - n));
    for (int epoch = 0; epoch < spec.epochs() && measuresMovement(); epoch++) {
      lookBack(epoch * stepsPerEpoch + 1, 1);
    }
  }

  /**
   * What is said of a training is said of all its steps.
   *
   * @throws IllegalArgumentException in one line, if it goes on behind an epoch
   */
  static void requireFirstStep(int epoch) {
    if (epoch > 0) {
      throw new IllegalArgumentException(
          "theory: expected a training from its first step, found one resumed at epoch " + epoch);
    }
  }

  private boolean isLight() {
    return settings.depth() == Depth.LIGHT;
  }

  /** Norms are measured so often within the longest window that says something. */
  private int normsAWindow() {
    return isLight() ? 8 : 32;
  }

  /** In a set of steps. */
  static int index(long step) {
    return Math.toIntExact(step);
  }

  /** What rounding adds in the last {@code steps} steps until T will be asked for. */
  private void lookBack(long step, long steps) {
    asked.set(index(step - steps + 1), index(step) + 1);
    longest = Math.max(longest, steps);
    lookBackAt(step - steps);
  }

  /** Norms for the bounds at T that say something. */
  private void planBounds(long step) {
    long furthest = 0;
    for (double epsilon : settings.epsilons()) {
      MemoryWindow window = window(step, epsilon);
      for (Shape shape : shapes) {
        Long n = window.steps();
        RankBound bound = bound(window, shape);
        if (n != null && n <= step && !bound.vacuous()) {
          lookBackAt(step - n);
          // A longer window than the a priori one still says something up to here.
          long most = (bound.fullRank() - 1L) / ((long) batchSize * shape.positions);
          furthest = Math.max(furthest, Math.min(step, Math.max(n, most)));
        }
      }
    }
    if (furthest > 0) {
      lookBack(step, furthest);
    }
  }

  private void lookBackAt(long step) {
    set(norms, step);
  }

  /** A step, and where momentum keeps a share of it the one before. */
  private void set(BitSet steps, long step) {
    steps.set(index(step));
    if (recursion.momentum() > 0) {
      steps.set(index(Math.max(0, step - 1)));
    }
  }

  StepRecursion recursion() {
    return recursion;
  }

  LearningRates rates() {
    return rates;
  }

  long stepsPerEpoch() {
    return stepsPerEpoch;
  }

  UnrollPlan unrolling() {
    return unrolling;
  }

  /** T of the whole training. */
  long lastStep() {
    return last;
  }

  /** n(ε) at T = {@code step}; found once, as momentum makes it a long walk. */
  MemoryWindow window(long step, double epsilon) {
    return windows.computeIfAbsent(
        new At(step, epsilon), at -> MemoryWindow.endingAt(recursion, rates, at.step, at.epsilon));
  }

  RankBound bound(MemoryWindow window, Shape shape) {
    return new RankBound(window, batchSize, shape.positions, shape.rows, shape.cols);
  }

  /** Whether what rounding adds in this step will be asked for. */
  boolean logsRounding(long step) {
    return asked.get(index(step));
  }

  /**
   * Whether the velocity of momentum is to be measured behind this step, by the weights around it:
   * rounding is logged from the next step on, but not before.
   */
  boolean measuresVelocity(long step) {
    return step > 0
        && recursion.momentum() > 0
        && asked.get(index(step + 1))
        && !asked.get(index(step));
  }

  /** How many steps back rounding will be asked for. */
  long longestReach() {
    return longest;
  }

  boolean measuresNorm(long step) {
    return norms.get(index(step))
        || (step % normStride == 0 && longest > normStride && asked.get(index(step + 1)));
  }

  /** Whether the step behind each epoch is held against its floor. */
  boolean measuresMovement() {
    return !isLight();
  }

  /** The largest number of factors whose product's rank is counted exactly. */
  int mostExactFactors() {
    return isLight() ? GradientRank.FEW_EXACT : GradientRank.MOST_EXACT;
  }

  /** Whether the ranks of this step's gradients are measured. */
  boolean samplesGradients(long step) {
    long most = isLight() ? Math.max(1, last / LIGHT_STEPS) : last;
    return isSampled(step, Math.min(settings.gradientSamples(), most), last);
  }

  /**
   * Whether a step is one of so many that are evenly spread: it crosses a multiple of last/samples.
   */
  static boolean isSampled(long step, long samples, long last) {
    long most = Math.min(samples, last);
    return step * most / last != (step - 1) * most / last;
  }
}
