package io.rankfall.train.theory;

import io.rankfall.train.RunSpec;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which steps of a training are to be looked at: all of it follows from the spec before the first
 * step, so that nothing is kept that nobody will ask for.
 */
final class TheoryPlan {
  /** Multiplications that adding up the remembered gradients may take: a few seconds. */
  private static final double MOST_WORK = 5e10;

  /** Norms are measured so often within the longest window that says something. */
  private static final int NORMS_A_WINDOW = 32;

  private static final int FEWEST_STEPS_BETWEEN_NORMS = 16;

  /** Ends of epochs, the last included, at which the identity is checked. */
  private static final int IDENTITY_EPOCHS = 4;

  /** n of those that are not the last. */
  private static final int IDENTITY_STEPS = 100;

  private final StepRecursion recursion;
  private final LearningRates rates;
  private final long stepsPerEpoch;
  private final TheorySettings settings;
  private final List<Shape> shapes;
  private final int batchSize;
  private final long last;
  private final int remembered;

  /** The identity's n by T. */
  private final Map<Long, List<Long>> identity = new HashMap<>();

  private final BitSet logged = new BitSet();
  private final BitSet kept = new BitSet();
  private final BitSet norms = new BitSet();
  private final BitSet snapshots = new BitSet();
  private long longest = 1;
  private final long normStride;
  private final List<Long> witness;

  /** Of a layer: d_out × d_in, used R times an example; what its gradient takes in memory. */
  record Shape(int rows, int cols, int positions, boolean factored) {
    long numbersAStep(int batchSize) {
      return factored ? (long) batchSize * (rows + cols) : (long) rows * cols;
    }
  }

  TheoryPlan(RunSpec spec, int examples, TheorySettings settings, List<Shape> shapes) {
    this.recursion = StepRecursion.of(spec.optimizer());
    this.stepsPerEpoch = ((long) examples + spec.batchSize() - 1) / spec.batchSize();
    this.rates = LearningRates.of(spec.optimizer(), spec.epochs(), stepsPerEpoch);
    this.settings = settings;
    this.shapes = List.copyOf(shapes);
    this.batchSize = spec.batchSize();
    this.last = rates.steps();
    this.remembered = remembered();
    for (int epoch = 1; epoch <= spec.epochs(); epoch++) {
      planBounds(epoch * stepsPerEpoch);
    }
    this.normStride = Math.max(FEWEST_STEPS_BETWEEN_NORMS, longest / NORMS_A_WINDOW);
    this.witness =
        remembered == 0 || settings.witnessPoints() == 0 ? List.of() : spread(remembered);
    planIdentity(spec.epochs());
    // The floor of the step that follows an epoch.
    for (int epoch = 0; epoch < spec.epochs(); epoch++) {
      lookBack(epoch * stepsPerEpoch + 1, 1);
    }
    if (recursion.momentum() > 0) {
      // The velocity's bound begins where the velocity does.
      logged.set(1, index(last) + 1);
    }
  }

  /** How many steps' gradients fit the memory and are of use. */
  private int remembered() {
    long bytes = 0;
    double work = 0;
    for (Shape shape : shapes) {
      bytes += Float.BYTES * shape.numbersAStep(batchSize);
      work += (shape.factored ? batchSize : 1.0) * shape.rows * shape.cols;
    }
    long most = Math.min(settings.memory() / bytes, (long) (MOST_WORK / work));
    if (settings.witnessPoints() == 0) {
      most = Math.min(most, IDENTITY_STEPS);
    }
    Long window = window(last, smallestEpsilon()).steps();
    return (int) Math.min(Math.min(most, last), window == null ? 1000 : window);
  }

  private double smallestEpsilon() {
    return settings.epsilons().stream().mapToDouble(Double::doubleValue).min().orElse(1);
  }

  private static int index(long step) {
    return Math.toIntExact(step);
  }

  /** What rounding adds in the last {@code steps} steps until T will be asked for. */
  private void lookBack(long step, long steps) {
    logged.set(index(step - steps + 1), index(step) + 1);
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
    norms.set(index(step));
    norms.set(index(Math.max(0, step - 1)));
  }

  private void planIdentity(int epochs) {
    if (remembered == 0) {
      return;
    }
    for (int k = 1; k <= Math.min(IDENTITY_EPOCHS, epochs); k++) {
      long step = (long) epochs * k / Math.min(IDENTITY_EPOCHS, epochs) * stepsPerEpoch;
      long most = step == last ? remembered : Math.min(IDENTITY_STEPS, remembered);
      List<Long> steps = new ArrayList<>();
      for (long n = 1; n < Math.min(most, step); n *= 10) {
        steps.add(n);
      }
      steps.add(Math.min(most, step));
      identity.put(step, steps);
      for (long n : steps) {
        snapshots.set(index(step - n));
        snapshots.set(index(Math.max(0, step - n - 1)));
        lookBackAt(step - n);
      }
      long furthest = steps.get(steps.size() - 1);
      lookBack(step, furthest);
      kept.set(index(step - furthest + 1), index(step) + 1);
    }
    witness.forEach(n -> lookBackAt(last - n));
  }

  /** 1 to most, so many a decade, and the windows of the ε. */
  private List<Long> spread(long most) {
    Set<Long> points = new TreeSet<>();
    for (int k = 0; Math.pow(10, (double) k / settings.witnessPoints()) < most; k++) {
      points.add(Math.round(Math.pow(10, (double) k / settings.witnessPoints())));
    }
    points.add(most);
    for (double epsilon : settings.epsilons()) {
      Long n = window(last, epsilon).steps();
      if (n != null && n <= most) {
        points.add(n);
      }
    }
    return List.copyOf(points);
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

  /** T of the whole training. */
  long lastStep() {
    return last;
  }

  MemoryWindow window(long step, double epsilon) {
    return MemoryWindow.endingAt(recursion, rates, step, epsilon);
  }

  RankBound bound(MemoryWindow window, Shape shape) {
    return new RankBound(window, batchSize, shape.positions, shape.rows, shape.cols);
  }

  /** How many steps' gradients are to be remembered. */
  int rememberedSteps() {
    return remembered;
  }

  /** Whether what rounding adds in this step will be asked for. */
  boolean logsRounding(long step) {
    return logged.get(index(step));
  }

  /** How many steps back rounding will be asked for. */
  long longestReach() {
    return longest;
  }

  /** Whether the gradient of this step will be added up. */
  boolean remembers(long step) {
    return kept.get(index(step));
  }

  boolean measuresNorm(long step) {
    return norms.get(index(step))
        || (step % normStride == 0 && longest > normStride && logsRounding(step + 1));
  }

  boolean copiesWeights(long step) {
    return snapshots.get(index(step));
  }

  /** The oldest copy of the weights that is asked for behind this step. */
  long oldestCopyAfter(long step) {
    return identity.entrySet().stream()
        .filter(entry -> entry.getKey() > step)
        .mapToLong(entry -> entry.getKey() - entry.getValue().get(entry.getValue().size() - 1) - 1)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** The n of the identity at T; none at most T. */
  List<Long> identitySteps(long step) {
    return identity.getOrDefault(step, List.of());
  }

  /** The n of the witness at the last step, ascending. */
  List<Long> witnessSteps() {
    return witness;
  }

  /** Whether the ranks of this step's gradients are measured. */
  boolean samplesGradients(long step) {
    long samples = Math.min(settings.gradientSamples(), last);
    // The step that crosses a multiple of last/samples.
    return step * samples / last != (step - 1) * samples / last;
  }
}
