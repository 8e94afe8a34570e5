package io.rankfall.study;

import io.rankfall.study.Results.EpochResult;
import io.rankfall.study.Results.FileResult;
import io.rankfall.study.Results.Finding;
import io.rankfall.study.Results.Latency;
import io.rankfall.study.Results.RunResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The conclusions of a comparison, each a claim that its numbers support or not. */
final class Findings {
  /** Accuracy that a compressed network may lose, in percentage points. */
  private static final double ALLOWED_POINTS = 0.5;

  /** How many times smaller the file of the small-batch network with decay should get. */
  private static final double WANTED_REDUCTION = 8;

  /** Dense networks within this many points count as equally good. */
  private static final double SAME_POINTS = 2;

  /** A rank at most this share of another counts as lower. */
  private static final double NOTABLE_FALL = 0.8;

  private static final String DATA_AWARE = "data-aware";
  private static final String UNIFORM = "uniform";

  private Findings() {}

  static List<Finding> of(List<RunResult> all, int trainExamples) {
    List<Finding> findings = new ArrayList<>();
    List<RunResult> runs = all.stream().filter(run -> !run.files().isEmpty()).toList();
    diverged(all).ifPresent(findings::add);
    if (runs.isEmpty()) {
      return findings;
    }
    RunResult pressed = runs.stream().min(BY_PRESSURE).orElseThrow();
    RunResult free = runs.stream().max(BY_PRESSURE).orElseThrow();
    findings.add(compresses(pressed));
    if (runs.size() > 1) {
      findings.add(sameAccuracy(runs));
      findings.add(truncation(runs, pressed, free));
      findings.add(rankFell(runs, pressed, free, trainExamples));
    }
    findings.add(dataAware(pressed));
    findings.add(faster(pressed));
    findings.add(exported(runs));
    return findings;
  }

  /** The most decay first, then the smallest batch: by the paper the lowest rank first. */
  private static final Comparator<RunResult> BY_PRESSURE =
      Comparator.comparingDouble((RunResult run) -> -run.weightDecay())
          .thenComparingInt(RunResult::batchSize);

  private static Optional<Finding> diverged(List<RunResult> all) {
    List<RunResult> diverged =
        all.stream().filter(run -> run.outcome().kind().equals("DIVERGED")).toList();
    return diverged.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                "all-completed",
                false,
                "Not every training completed",
                diverged.stream()
                        .map(run -> run.label() + " diverged at " + run.outcome().message())
                        .collect(Collectors.joining("; "))
                    + "."));
  }

  private static Finding compresses(RunResult run) {
    FileResult dense = dense(run);
    Optional<FileResult> smallest =
        run.files().stream()
            .filter(file -> pointsLost(dense, file) <= ALLOWED_POINTS)
            .min(
                Comparator.comparingDouble(FileResult::budget)
                    .thenComparing(Comparator.comparing(FileResult::testAccuracy).reversed()));
    FileResult best = smallest.orElse(dense);
    return new Finding(
        "compresses",
        reduction(dense, best) >= WANTED_REDUCTION,
        "%s shrinks at least %.0f× without fine-tuning".formatted(run.label(), WANTED_REDUCTION),
        "Its smallest file within %.1f points of the dense one, %s, has %.1f× fewer parameters (%,d instead of %,d) and classifies %s of the test images instead of %s: %s."
            .formatted(
                ALLOWED_POINTS,
                best.path(),
                reduction(dense, best),
                best.parameters(),
                dense.parameters(),
                percent(best.testAccuracy()),
                percent(dense.testAccuracy()),
                change(dense, best)));
  }

  private static Finding sameAccuracy(List<RunResult> runs) {
    double best = runs.stream().mapToDouble(run -> dense(run).testAccuracy()).max().orElseThrow();
    double worst = runs.stream().mapToDouble(run -> dense(run).testAccuracy()).min().orElseThrow();
    return new Finding(
        "same-accuracy",
        100 * (best - worst) <= SAME_POINTS,
        "All networks are about equally good before compression",
        "Test accuracy is %s: %.1f points apart."
            .formatted(
                forEach(runs, run -> percent(dense(run).testAccuracy())), 100 * (best - worst)));
  }

  /**
   * The talk's claim: at the same small uniform rank, decay and small batches decide what is left.
   */
  private static Finding truncation(List<RunResult> runs, RunResult pressed, RunResult free) {
    double budget = commonBudget(runs);
    double kept = at(pressed, UNIFORM, budget).testAccuracy();
    double lost = at(free, UNIFORM, budget).testAccuracy();
    return new Finding(
        "truncation",
        kept > lost,
        "Small batches with weight decay keep their accuracy when truncated",
        "The same rank in every layer, chosen to keep %s of the parameters, leaves a test accuracy of %s."
            .formatted(
                percent(budget),
                forEach(runs, run -> percent(at(run, UNIFORM, budget).testAccuracy()))));
  }

  private static Finding rankFell(
      List<RunResult> runs, RunResult pressed, RunResult free, int trainExamples) {
    double before = meanRank(pressed.epochs().get(0));
    double after = meanRank(last(pressed));
    return new Finding(
        "rank-fell",
        after <= NOTABLE_FALL * before && after <= NOTABLE_FALL * meanRank(last(free)),
        "Small batches with weight decay lower the rank during training",
        "Mean rank of the hidden layers (σ/‖W‖F > 0.01), %.0f before training, ends at %s. Weight decay has left %s of the initial weights of %s."
            .formatted(
                before,
                forEach(runs, run -> "%.0f".formatted(meanRank(last(run)))),
                percent(initialWeightsLeft(pressed, trainExamples)),
                pressed.label()));
  }

  /** Π (1 − μ·wd) over all steps: the factor that the initial weights carry in the last ones. */
  private static double initialWeightsLeft(RunResult run, int trainExamples) {
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

  private static Finding dataAware(RunResult run) {
    FileResult dense = dense(run);
    double budget = commonBudget(List.of(run));
    FileResult aware = at(run, DATA_AWARE, budget);
    FileResult plain = at(run, UNIFORM, budget);
    return new Finding(
        "data-aware",
        aware.testAccuracy() >= plain.testAccuracy(),
        "Looking at the layers' inputs loses less",
        "At %s of the parameters %s loses %.2f points with data-aware ranks and factors, %.2f with one rank for all layers."
            .formatted(
                percent(budget), run.label(), pointsLost(dense, aware), pointsLost(dense, plain)));
  }

  private static Finding faster(RunResult run) {
    FileResult aware = at(run, DATA_AWARE, commonBudget(List.of(run)));
    return new Finding(
        "faster",
        aware.latencies().stream().allMatch(latency -> latency.speedup() > 1),
        "The smaller file is also faster",
        "%s in ONNX Runtime, one thread: %s."
            .formatted(
                aware.path(),
                aware.latencies().stream().map(Findings::speed).collect(Collectors.joining(", "))));
  }

  private static String speed(Latency latency) {
    return "batch %d %.1f× (%.0f µs instead of %.0f)"
        .formatted(
            latency.batch(),
            latency.speedup(),
            latency.medianMicros(),
            latency.denseMedianMicros());
  }

  private static Finding exported(List<RunResult> runs) {
    double worst = 0;
    for (RunResult run : runs) {
      Double error = run.exportError();
      worst = Math.max(worst, error == null ? Double.POSITIVE_INFINITY : error);
    }
    return new Finding(
        "export",
        worst <= RunFiles.EXPORT_TOLERANCE,
        "The exported files are the trained networks",
        "Reloaded in ONNX Runtime, their logits on all test images differ from the learner's by at most %.1g of the largest."
            .formatted(worst));
  }

  /** For example {@code 88.3 % (B=16, wd=1e-3), 57.3 % (B=128, wd=0)}. */
  private static String forEach(List<RunResult> runs, Function<RunResult, String> number) {
    return runs.stream()
        .map(run -> "%s (%s)".formatted(number.apply(run), run.label()))
        .collect(Collectors.joining(", "));
  }

  /** The budget nearest to 1/8 that every run has a file for. */
  private static double commonBudget(List<RunResult> runs) {
    return runs.get(0).files().stream()
        .filter(file -> file.policy().equals(UNIFORM))
        .map(FileResult::budget)
        .filter(budget -> runs.stream().allMatch(run -> has(run, budget)))
        .min(Comparator.comparingDouble(budget -> Math.abs(budget - 1 / WANTED_REDUCTION)))
        .orElse(1.0);
  }

  private static boolean has(RunResult run, double budget) {
    return run.files().stream()
        .anyMatch(file -> file.policy().equals(UNIFORM) && file.budget() == budget);
  }

  /** The file of that policy and budget, else the dense one. */
  private static FileResult at(RunResult run, String policy, double budget) {
    return run.files().stream()
        .filter(file -> file.policy().equals(policy) && file.budget() == budget)
        .findFirst()
        .orElse(dense(run));
  }

  private static FileResult dense(RunResult run) {
    return run.files().get(0);
  }

  private static EpochResult last(RunResult run) {
    return run.epochs().get(run.epochs().size() - 1);
  }

  /** Over all layers but the classifier, as the paper averages. */
  private static double meanRank(EpochResult epoch) {
    return epoch.layers().stream()
        .limit(epoch.layers().size() - 1L)
        .mapToInt(Results.LayerResult::rankTau2)
        .average()
        .orElse(0);
  }

  private static double reduction(FileResult dense, FileResult file) {
    return (double) dense.parameters() / file.parameters();
  }

  private static double pointsLost(FileResult dense, FileResult file) {
    return 100 * (dense.testAccuracy() - file.testAccuracy());
  }

  private static String change(FileResult dense, FileResult file) {
    double lost = pointsLost(dense, file);
    return lost >= 0 ? "%.2f points lost".formatted(lost) : "%.2f points won".formatted(-lost);
  }

  private static String percent(double share) {
    return "%.1f %%".formatted(100 * share);
  }
}
