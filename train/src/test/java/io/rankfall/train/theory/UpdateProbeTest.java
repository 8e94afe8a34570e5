package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.train.Dataset;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Optimizer.DecayOn;
import io.rankfall.train.Optimizer.Method;
import io.rankfall.train.Run;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class UpdateProbeTest {
  private static final int BATCH = 4;

  private final Dataset clouds = new Dataset("clouds", Clouds.of(90, 1), Clouds.of(20, 2), "none");

  private RunSpec spec(Method method, double rate, double clipNorm, LearnerKind learner) {
    return new RunSpec(
        clouds.name(),
        new Mlp(Clouds.FEATURES, List.of(40, 30), 3, Mlp.Normalization.NONE),
        Initialization.HE,
        BATCH,
        new Optimizer(
            rate, 0.1, 0, new StepSchedule(List.of(1), 0.3), method, DecayOn.ALL, clipNorm),
        2,
        5,
        learner);
  }

  private UpdateReport report(RunSpec spec) throws InterruptedException {
    UpdateProbe probe = new UpdateProbe(spec, clouds);
    Run run = new Trainer(clouds).train(spec, probe);
    assertThat(run.epochs())
        .isEqualTo(new Trainer(clouds).train(spec, TrainingListener.NONE).epochs());
    return probe.report(run.outcome());
  }

  /** With decay and two learning rates: only with the right share taken off is the rank B. */
  @ParameterizedTest
  @CsvSource({"FUSED, 0", "DJL, 0", "DJL, 0.01"})
  void withoutMomentumAnUpdateIsAsLowAsItsGradient(LearnerKind learner, double clipNorm)
      throws InterruptedException {
    UpdateReport report = report(spec(Method.SGD, 0.05, clipNorm, learner));

    assertThat(report.holds()).isTrue();
    for (UpdateReport.Layer layer : report.layers()) {
      assertThat(layer.updates()).hasSize(16).noneMatch(UpdateRank::exceedsGradients);
      assertThat(layer.updates()).allMatch(update -> update.energyRank() <= update.rank());
      // The last batch of an epoch has 2 examples.
      assertThat(layer.updates()).extracting(u -> u.gradient().bound()).containsAnyOf(2, 3, 4);
    }
    assertThat(report.layers().get(0).updates()).anyMatch(update -> update.rank() >= BATCH - 1);
  }

  @ParameterizedTest
  @EnumSource(names = {"ADAMW", "MUON"})
  void whatIsNoMultipleOfAGradientIsOfHigherRank(Method method) throws InterruptedException {
    UpdateReport report = report(spec(method, 0.01, 0, LearnerKind.DJL));

    assertThat(report.holds()).isTrue();
    assertThat(report.why()).contains("no bound on the rank follows");
    for (UpdateReport.Layer layer : report.layers().subList(0, 2)) {
      assertThat(layer.updates()).hasSize(16);
      assertThat(layer.updates().stream().filter(UpdateRank::exceedsGradients).count())
          .as(layer.name())
          .isGreaterThan(12);
    }
    assertThat(report.json()).contains("\"exceedsGradients\" : true");
  }

  @Test
  void aTrainingThatDivergesIsReportedUpToThere() throws InterruptedException {
    RunSpec spec =
        spec(Method.SGD, 1, 0, LearnerKind.FUSED)
            .with(new Optimizer(1e20, 0, 0, StepSchedule.CONSTANT));
    UpdateProbe probe = new UpdateProbe(spec, clouds);

    UpdateReport report = probe.report(new Trainer(clouds).train(spec, probe).outcome());

    assertThat(report.outcome()).startsWith("diverged at epoch 1");
    assertThat(report.layers().get(0).updates()).hasSizeLessThan(16);
  }
}
