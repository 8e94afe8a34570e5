package io.rankfall.study.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.study.statistics.RunSummary.Measured;
import io.rankfall.study.statistics.RunSummary.Outcome;
import io.rankfall.study.statistics.RunTable.RankMeasure;
import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.Compressibility.Method;
import io.rankfall.study.store.Compressibility.Smallest;
import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StoredEpoch;
import io.rankfall.study.store.StoredRun;
import io.rankfall.train.Augmentation;
import io.rankfall.train.CosineSchedule;
import io.rankfall.train.Evaluation;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Loss;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunTableTest {
  private static StoredRun stored(RunState state, int batchSize, int epochs) {
    RunSpec spec =
        new RunSpec(
            "blobs",
            new Mlp(8, List.of(6), 3, Mlp.Normalization.NONE),
            Initialization.HE,
            batchSize,
            new Optimizer(0.1, 5e-4, 0.9, new StepSchedule(List.of(2, 5), 0.2)),
            epochs,
            11,
            LearnerKind.FUSED);
    StoredEpoch last =
        new StoredEpoch(
            epochs, 0.1, new Evaluation(0.5, 0.9), new Evaluation(0.7, 0.8), 6, 4.5, List.of());
    return new StoredRun(spec.id() + state, spec, state, null, 0, 1, last);
  }

  @Test
  void runsOfOtherOptimizersAndLossesAreOtherSettings() {
    Optimizer adamw =
        new Optimizer(
            1e-3,
            0.1,
            0,
            new CosineSchedule(8, 0.1),
            Optimizer.Method.ADAMW,
            Optimizer.DecayOn.ALL,
            0);
    Mlp mlp = new Mlp(8, List.of(6), 3, Mlp.Normalization.NONE);
    RunSpec spec =
        new RunSpec(
            "blobs",
            mlp,
            Initialization.HE,
            4,
            adamw,
            8,
            11,
            LearnerKind.DJL,
            Loss.MSE,
            Augmentation.NONE);
    StoredRun run = new StoredRun("x", spec, RunState.FAILED, null, 0, 1, null);

    RunTable table = RunTable.of(List.of(run), Map.of(), RankMeasure.HUNDREDTH, 100);

    assertThat(table.runs().get(0).others())
        .isEqualTo(
            "blobs, 8-6-3, HE, ADAMW, MSE, momentum 0.0,"
                + " learning rate cosine to ×0.1 in 8 epochs, DJL learner, 8 epochs");
  }

  @Test
  void takesSettingsAndTheWantedRankFromTheStudy() {
    RunTable table =
        RunTable.of(
            List.of(stored(RunState.COMPLETED, 4, 8)), Map.of(), RankMeasure.HUNDREDTH, 100);
    RunSummary run = table.runs().get(0);
    assertThat(run.measured()).isEqualTo(new Measured(4.5, 0.9, 0.8, null));
    assertThat(run.setting())
        .isEqualTo(
            new RunSummary.Setting(
                "blobs, 8-6-3, HE, momentum 0.9, learning rate ×0.2 at [2, 5], FUSED learner, 8 epochs",
                4,
                0.1,
                5e-4));
    assertThat(run.seed()).isEqualTo(11);
    assertThat(run.classes()).isEqualTo(3);
    assertThat(table.rankMeasure()).contains("0.01");
    assertThat(
            RunTable.of(
                    List.of(stored(RunState.COMPLETED, 4, 8)),
                    Map.of(),
                    RankMeasure.THOUSANDTH,
                    100)
                .runs()
                .get(0)
                .meanRank())
        .isEqualTo(6);
  }

  @Test
  void takesTheShareWithinOnePointOfRunsThatWereSearched() {
    StoredRun searched = stored(RunState.COMPLETED, 4, 8);
    StoredRun other = stored(RunState.COMPLETED, 16, 8);
    Compressibility found =
        new Compressibility(
            0.8,
            100,
            List.of(
                new Smallest(Method.PLAIN, 1, 60, 0.6, 0.79),
                new Smallest(Method.DATA_AWARE, 0.5, 50, 0.5, 0.795),
                new Smallest(Method.DATA_AWARE, 1, 40, 0.4, 0.79),
                new Smallest(Method.DATA_AWARE, 2, 30, 0.3, 0.78)));
    RunTable table =
        RunTable.of(
            List.of(searched, other), Map.of(searched.id(), found), RankMeasure.HUNDREDTH, 100);
    assertThat(table.runs()).extracting(run -> run.result().share()).containsExactly(0.4, null);
  }

  @Test
  void runsThatHaveNotCompletedHaveNoMeasurements() {
    List<StoredRun> stored =
        List.of(
            stored(RunState.FAILED, 16, 8),
            stored(RunState.WAITING, 2, 8),
            stored(RunState.RUNNING, 4, 8),
            stored(RunState.DIVERGED, 8, 8));
    RunTable table = RunTable.of(stored, Map.of(), RankMeasure.HUNDREDTH, 100);
    assertThat(table.runs())
        .extracting(RunSummary::outcome)
        .containsExactly(Outcome.UNFINISHED, Outcome.UNFINISHED, Outcome.DIVERGED, Outcome.FAILED);
    assertThat(table.runs()).extracting(RunSummary::measured).containsOnlyNulls();
  }
}
