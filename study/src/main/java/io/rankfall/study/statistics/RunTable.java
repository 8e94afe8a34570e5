package io.rankfall.study.statistics;

import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.Compressibility.Method;
import io.rankfall.study.store.Compressibility.Smallest;
import io.rankfall.study.store.StoredEpoch;
import io.rankfall.study.store.StoredRun;
import io.rankfall.train.Evaluation;
import io.rankfall.train.RunSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The runs that are asked together, in an order that depends on them alone.
 *
 * @param rankMeasure how the ranks were counted, in words
 * @param testExamples behind every test accuracy
 */
public record RunTable(String rankMeasure, int testExamples, List<RunSummary> runs) {
  /** Of {@link Quantity#SHARE}. */
  private static final double POINTS = 1;

  private static final Comparator<RunSummary> ORDER =
      Comparator.comparing(RunSummary::others)
          .thenComparingDouble(RunSummary::weightDecay)
          .thenComparingDouble(RunSummary::learningRate)
          .thenComparingInt(RunSummary::batchSize)
          .thenComparingLong(RunSummary::seed)
          .thenComparing(RunSummary::id);

  public RunTable {
    if (testExamples < 1) {
      throw new IllegalArgumentException("test examples: expected >= 1, found " + testExamples);
    }
    List<RunSummary> sorted = new ArrayList<>(runs);
    sorted.sort(ORDER);
    runs = List.copyOf(sorted);
  }

  /** Which of the stored mean ranks is asked about. */
  public enum RankMeasure {
    /** Singular values above 1e-3·‖W‖_F. */
    THOUSANDTH("singular values above 0.001 of the Frobenius norm"),
    /** Singular values above 1e-2·‖W‖_F. */
    HUNDREDTH("singular values above 0.01 of the Frobenius norm");

    private final String words;

    RankMeasure(String words) {
      this.words = words;
    }

    double of(StoredEpoch epoch) {
      return this == THOUSANDTH ? epoch.meanRank1e3() : epoch.meanRank1e2();
    }
  }

  /**
   * The runs of a study at their last epochs.
   *
   * @param found by run, where it was searched
   * @param testExamples of the data set that they were measured on
   */
  public static RunTable of(
      List<StoredRun> stored,
      Map<String, Compressibility> found,
      RankMeasure measure,
      int testExamples) {
    return new RunTable(
        "mean over all layers but the last of the number of " + measure.words,
        testExamples,
        stored.stream().map(run -> summary(run, found.get(run.id()), measure)).toList());
  }

  private static RunSummary summary(
      StoredRun run, @Nullable Compressibility found, RankMeasure measure) {
    RunSpec spec = run.spec();
    RunSummary.Outcome outcome =
        switch (run.state()) {
          case COMPLETED -> RunSummary.Outcome.COMPLETED;
          case DIVERGED -> RunSummary.Outcome.DIVERGED;
          case FAILED -> RunSummary.Outcome.FAILED;
          case WAITING, RUNNING -> RunSummary.Outcome.UNFINISHED;
        };
    return new RunSummary(
        run.id(),
        others(spec),
        spec.batchSize(),
        spec.optimizer().learningRate(),
        spec.optimizer().weightDecay(),
        spec.seed(),
        outcome,
        spec.architecture().outputs(),
        outcome == RunSummary.Outcome.COMPLETED ? measured(run.last(), found, measure) : null);
  }

  private static RunSummary.@Nullable Measured measured(
      @Nullable StoredEpoch last, @Nullable Compressibility found, RankMeasure measure) {
    Evaluation training = last == null ? null : last.training();
    return last == null || training == null
        ? null
        : new RunSummary.Measured(
            measure.of(last), training.accuracy(), last.test().accuracy(), share(found));
  }

  private static @Nullable Double share(@Nullable Compressibility found) {
    return found == null
        ? null
        : found.smallest(Method.DATA_AWARE, POINTS).map(Smallest::share).orElse(null);
  }

  private static String others(RunSpec spec) {
    return "%s, %s, %s%s, momentum %s, learning rate %s, %s learner, %d epochs"
        .formatted(
            spec.dataset(),
            spec.architecture().label(),
            spec.initialization(),
            spec.stepLabel().isEmpty() ? "" : ", " + spec.stepLabel(),
            spec.optimizer().momentum(),
            spec.optimizer().schedule().label(),
            spec.learner(),
            spec.epochs());
  }
}
