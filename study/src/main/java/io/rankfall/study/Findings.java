package io.rankfall.study;

import io.rankfall.study.Results.EpochResult;
import io.rankfall.study.Results.FileResult;
import io.rankfall.study.Results.Finding;
import io.rankfall.study.Results.Latency;
import io.rankfall.study.Results.RunResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The conclusions of a comparison: claims with fixed thresholds, each with a verdict and its
 * numbers.
 *
 * <p>A claim that the runs cannot decide, because a run or a file that it needs is missing, is left
 * out. Networks that diverged or learned nothing are named in the first finding and kept out of the
 * others.
 */
final class Findings {
  /** Accuracy that a compressed network may lose, in percentage points. */
  private static final double ALLOWED_POINTS = 0.5;

  /** How many times smaller the file of the small-batch network with decay should get. */
  private static final double WANTED_REDUCTION = 8;

  /** Dense networks within this many points count as equally good. */
  private static final double SAME_POINTS = 2;

  /** What truncation to one rank may cost the small-batch network with decay, in points. */
  private static final double SURVIVED_POINTS = 3;

  /** A rank at most this share of another counts as lower. */
  private static final double NOTABLE_FALL = 0.8;

  /** A speed-up below this is within the noise of the measurement. */
  private static final double NOTABLE_SPEEDUP = 1.1;

  /** A network has learned when it beats its untrained self by this much accuracy. */
  private static final double LEARNED = 0.2;

  private static final String UNIFORM = "uniform";
  private static final String DATA_AWARE = "data-aware";

  private final List<RunResult> runs;
  private final int trainExamples;
  private final List<Finding> findings = new ArrayList<>();

  private Findings(List<RunResult> runs, int trainExamples) {
    this.runs = runs;
    this.trainExamples = trainExamples;
  }

  /**
   * The findings, most important first.
   *
   * @param trainExamples how many examples an epoch visits
   */
  static List<Finding> of(List<RunResult> all, int trainExamples) {
    List<RunResult> trained = all.stream().filter(Findings::learned).toList();
    Findings findings = new Findings(trained, trainExamples);
    findings.completed(all);
    if (!trained.isEmpty()) {
      RunResult pressed = trained.stream().min(BY_PRESSURE).orElseThrow();
      RunResult free = trained.stream().max(BY_PRESSURE).orElseThrow();
      findings.compresses(pressed);
      if (trained.size() > 1) {
        findings.sameAccuracy();
      }
      if (pressed.batchSize() < free.batchSize() && pressed.weightDecay() > free.weightDecay()) {
        findings.truncation(pressed, free);
        findings.rankFell(pressed, free);
      }
      findings.dataAware(pressed);
      findings.faster(pressed);
      findings.exported();
    }
    return findings.findings;
  }

  /** The most decay first, then the smallest batch: by the paper the lowest rank first. */
  private static final Comparator<RunResult> BY_PRESSURE =
      Comparator.comparingDouble((RunResult run) -> -run.weightDecay())
          .thenComparingInt(RunResult::batchSize);

  private static boolean learned(RunResult run) {
    return !run.files().isEmpty()
        && run.dense().testAccuracy() >= run.beforeTraining().testAccuracy() + LEARNED;
  }

  private void completed(List<RunResult> all) {
    List<String> failed =
        all.stream()
            .filter(run -> !learned(run))
            .map(
                run ->
                    run.outcome().message() == null
                        ? run.label() + " learned nothing"
                        : run.label() + " diverged at " + run.outcome().message())
            .toList();
    if (!failed.isEmpty()) {
      add(
          "all-learned",
          false,
          "Every training completed and learned",
          String.join("; ", failed) + ".");
    }
  }

  private void compresses(RunResult run) {
    FileResult dense = run.dense();
    FileResult best =
        run.files().stream()
            .filter(file -> run.pointsLost(file) <= ALLOWED_POINTS)
            .min(
                Comparator.comparingDouble(FileResult::budget)
                    .thenComparing(Comparator.comparing(FileResult::testAccuracy).reversed()))
            .orElse(dense);
    add(
        "compresses",
        reduction(dense, best) >= WANTED_REDUCTION,
        "%s shrinks at least %.0f× without fine-tuning".formatted(run.label(), WANTED_REDUCTION),
        "Of its files within %.1f points of the dense one on the test images, the smallest is %s: %.1f× fewer parameters (%,d instead of %,d), %s accuracy instead of %s, %s."
            .formatted(
                ALLOWED_POINTS,
                best.path(),
                reduction(dense, best),
                best.parameters(),
                dense.parameters(),
                percent(best.testAccuracy()),
                percent(dense.testAccuracy()),
                change(run.pointsLost(best))));
  }

  private void sameAccuracy() {
    double best = runs.stream().mapToDouble(run -> run.dense().testAccuracy()).max().orElseThrow();
    double worst = runs.stream().mapToDouble(run -> run.dense().testAccuracy()).min().orElseThrow();
    add(
        "same-accuracy",
        100 * (best - worst) <= SAME_POINTS,
        "The networks are about equally good before compression",
        "Test accuracy is %s: %.1f points apart."
            .formatted(forEach(run -> percent(run.dense().testAccuracy())), 100 * (best - worst)));
  }

  /** The talk's claim: at the same small rank, decay and small batches decide what is left. */
  private void truncation(RunResult pressed, RunResult free) {
    OptionalDouble budget = commonBudget();
    if (budget.isEmpty()) {
      return;
    }
    double share = budget.getAsDouble();
    double lost = pressed.pointsLost(pressed.file(UNIFORM, share).orElseThrow());
    double lostByFree = free.pointsLost(free.file(UNIFORM, share).orElseThrow());
    add(
        "truncation",
        lost <= SURVIVED_POINTS && lostByFree >= lost + SURVIVED_POINTS,
        "Small batches with weight decay survive truncation, large ones without do not",
        "The same rank in every layer, chosen to keep %s of the parameters, leaves a test accuracy of %s. To survive is to lose at most %.0f points."
            .formatted(
                percent(share),
                forEach(run -> percent(run.file(UNIFORM, share).orElseThrow().testAccuracy())),
                SURVIVED_POINTS));
  }

  private void rankFell(RunResult pressed, RunResult free) {
    double before = pressed.beforeTraining().meanHiddenRank();
    double after = pressed.lastEpoch().meanHiddenRank();
    add(
        "rank-fell",
        before > 0
            && after <= NOTABLE_FALL * before
            && after <= NOTABLE_FALL * free.lastEpoch().meanHiddenRank(),
        "Small batches with weight decay lower the rank during training",
        "Mean rank of the hidden layers (σ/‖W‖F > 0.01), %.0f before training, ends at %s. Weight decay has left %s of the initial weights of %s."
            .formatted(
                before,
                forEach(run -> "%.0f".formatted(run.lastEpoch().meanHiddenRank())),
                percent(initialWeightsLeft(pressed)),
                pressed.label()));
  }

  /** Π (1 − μ·wd) over all steps: the factor that the initial weights carry in the last ones. */
  private double initialWeightsLeft(RunResult run) {
    double steps = Math.ceil(trainExamples / (double) run.batchSize());
    double left = 1;
    for (EpochResult epoch : run.epochs()) {
      Double learningRate = epoch.learningRate();
      if (learningRate != null) {
        left *= Math.pow(1 - learningRate * run.weightDecay(), steps);
      }
    }
    return left;
  }

  private void dataAware(RunResult run) {
    OptionalDouble budget = commonBudget();
    if (budget.isEmpty()) {
      return;
    }
    double share = budget.getAsDouble();
    FileResult aware = run.file(DATA_AWARE, share).orElseThrow();
    FileResult plain =
        run.files().stream()
            .filter(file -> file.budget() == share && !file.policy().equals(DATA_AWARE))
            .max(Comparator.comparingDouble(FileResult::testAccuracy))
            .orElseThrow();
    add(
        "data-aware",
        aware.testAccuracy() > plain.testAccuracy(),
        "Looking at the layers' inputs loses less than the best policy that does not",
        "At %s of the parameters %s loses %.2f points with data-aware ranks and factors, %.2f with the best of the others (%s)."
            .formatted(
                percent(share),
                run.label(),
                run.pointsLost(aware),
                run.pointsLost(plain),
                plain.policy()));
  }

  private void faster(RunResult run) {
    OptionalDouble budget = commonBudget();
    if (budget.isEmpty()) {
      return;
    }
    FileResult aware = run.file(DATA_AWARE, budget.getAsDouble()).orElseThrow();
    add(
        "faster",
        !aware.latencies().isEmpty()
            && aware.latencies().stream().allMatch(l -> l.speedup() >= NOTABLE_SPEEDUP),
        "The smaller file is also faster",
        "%s in ONNX Runtime, one thread: %s."
            .formatted(
                aware.path(),
                aware.latencies().stream().map(Findings::speed).collect(Collectors.joining(", "))));
  }

  private static String speed(Latency latency) {
    return "batch %d %.1f× (%,.0f µs instead of %,.0f µs)"
        .formatted(
            latency.batch(),
            latency.speedup(),
            latency.medianMicros(),
            latency.denseMedianMicros());
  }

  private void exported() {
    double worst = 0;
    for (RunResult run : runs) {
      Double error = run.exportError();
      worst = Math.max(worst, error == null ? Double.POSITIVE_INFINITY : error);
    }
    add(
        "export",
        worst <= ExportCheck.TOLERANCE,
        "The exported ONNX files are the trained networks",
        "Reloaded in ONNX Runtime, their logits on all test images differ from the learner's by %.1e of the largest; %.0e is allowed."
            .formatted(worst, ExportCheck.TOLERANCE));
  }

  private void add(String id, boolean holds, String title, String text) {
    findings.add(new Finding(id, holds, title, text));
  }

  /** For example {@code 88.3 % (B=16, wd=1e-3), 57.3 % (B=128, wd=0)}. */
  private String forEach(Function<RunResult, String> number) {
    return runs.stream()
        .map(run -> "%s (%s)".formatted(number.apply(run), run.label()))
        .collect(Collectors.joining(", "));
  }

  /** The budget nearest to 1/8 for which every run has a file of every policy. */
  private OptionalDouble commonBudget() {
    return runs.get(0).files().stream()
        .mapToDouble(FileResult::budget)
        .filter(
            budget ->
                runs.stream()
                    .allMatch(
                        run ->
                            run.file(UNIFORM, budget).isPresent()
                                && run.file(DATA_AWARE, budget).isPresent()))
        .boxed()
        .min(Comparator.comparingDouble(budget -> Math.abs(budget - 1 / WANTED_REDUCTION)))
        .map(OptionalDouble::of)
        .orElse(OptionalDouble.empty());
  }

  private static double reduction(FileResult dense, FileResult file) {
    return (double) dense.parameters() / file.parameters();
  }

  private static String change(double lost) {
    return lost >= 0 ? "%.2f points lost".formatted(lost) : "%.2f points won".formatted(-lost);
  }

  private static String percent(double share) {
    return "%.1f %%".formatted(100 * share);
  }
}
