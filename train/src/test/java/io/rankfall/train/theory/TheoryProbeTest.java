package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankfall.train.Dataset;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepResult;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.theory.TheoryReport.FadingPoint;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class TheoryProbeTest {
  private static final TheorySettings SETTINGS =
      new TheorySettings(List.of(0.3, 0.1, 0.01), 5, 1 << 20, 3, TheorySettings.Depth.FULL);

  private final Dataset clouds = new Dataset("clouds", Clouds.of(101, 1), Clouds.of(20, 2), "none");
  private final Trainer trainer = new Trainer(clouds);

  @ParameterizedTest
  @CsvSource({
    "FUSED, NONE,  1, 0",
    "FUSED, NONE,  4, 0.8",
    "FUSED, BATCH, 4, 0",
    "DJL,   NONE,  4, 0",
    "DJL,   BATCH, 4, 0.8"
  })
  void aTrainingDoesNotNoticeTheProbe(
      LearnerKind kind, Mlp.Normalization normalization, int batch, double momentum)
      throws InterruptedException {
    RunSpec spec = spec(kind, normalization, batch, 0.02, 2, momentum);
    TheoryProbe probe = new TheoryProbe(spec, clouds, SETTINGS);
    Run with = trainer.train(spec, probe);
    Run without = trainer.train(spec, TrainingListener.NONE);
    assertThat(with.outcome()).isEqualTo(without.outcome());
    assertThat(with.epochs()).isEqualTo(without.epochs());
    assertThat(probe.report(with.outcome()).layers()).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    "FUSED, NONE,  1,  0.02, 5,   0",
    "FUSED, NONE,  1,  0.1,  0.5, 0",
    "FUSED, NONE,  1,  0.01, 0.5, 0.7",
    "FUSED, NONE,  3,  0.02, 5,   0",
    "FUSED, BATCH, 3,  0.1,  1,   0",
    "FUSED, NONE,  16, 0.1,  0,   0",
    "FUSED, NONE,  2,  0.02, 0.1, 0.9",
    "DJL,   NONE,  3,  0.02, 5,   0",
    "DJL,   NONE,  2,  0.01, 0.5, 0.7"
  })
  void everythingHoldsOfARealTraining(
      LearnerKind kind,
      Mlp.Normalization normalization,
      int batch,
      double rate,
      double weightDecay,
      double momentum)
      throws InterruptedException {
    RunSpec spec = spec(kind, normalization, batch, rate, weightDecay, momentum);
    TheoryReport report = report(spec);

    assertThat(report.outcome()).isEqualTo("COMPLETED");
    assertThat(report.holds()).as(report.json()).isTrue();
    for (LayerTheory layer : report.layers()) {
      assertThat(layer.gradients()).hasSize(5).allMatch(rank -> rank.bound() <= batch);
      assertThat(layer.gradients()).anyMatch(rank -> rank.numerical() == rank.bound());
      assertThat(layer.identity()).isNotEmpty();
      assertThat(layer.identity())
          .allSatisfy(check -> assertThat(check.roundingBound()).isLessThan(1e-2));
      assertThat(layer.identity()).anyMatch(check -> check.residual() > 1e-9);
      assertThat(layer.epochs()).hasSize(spec.epochs() + 1);
      assertThat(layer.movements()).hasSize(spec.epochs() + 1);
      assertThat(layer.witness()).isNotEmpty();
    }
  }

  /** A rate that falls to a third after the first epoch, in the middle of window and identity. */
  @ParameterizedTest
  @CsvSource({"FUSED, 0.1, 0", "FUSED, 0.05, 0.5", "DJL, 0.1, 0"})
  void aFallingRateIsUnrolled(LearnerKind kind, double rate, double momentum)
      throws InterruptedException {
    RunSpec spec = spec(kind, Mlp.Normalization.NONE, 1, rate, 0.5, momentum);
    spec = spec.with(spec.optimizer().withSchedule(new StepSchedule(List.of(1), 0.3)));
    // PyTorch's gradients are remembered as matrices.
    TheorySettings settings =
        new TheorySettings(SETTINGS.epsilons(), 5, 16 << 20, 3, TheorySettings.Depth.FULL);
    TheoryProbe probe = new TheoryProbe(spec, clouds, settings);
    TheoryReport report = probe.report(trainer.train(spec, probe).outcome());

    assertThat(report.outcome()).isEqualTo("COMPLETED");
    assertThat(report.holds()).as(report.json()).isTrue();
    for (LayerTheory layer : report.layers()) {
      assertThat(layer.identity())
          .filteredOn(check -> check.step() == 202 && check.steps() > 101)
          .as("identities over both rates")
          .isNotEmpty()
          .allSatisfy(check -> assertThat(check.residual()).isBetween(1e-9, 1e-4));
      assertThat(layer.witness()).anyMatch(point -> point.steps() > 101);
    }
    if (momentum == 0) {
      // 101 steps keep 0.985 each, those before 0.95: 0.985^101·0.95^k ≤ ε/2.
      assertThat(report.windows())
          .extracting(MemoryWindow::steps)
          .containsExactly(109L, 130L, 175L);
    }
  }

  @Test
  void theBoundSaysSomethingWhereTheWindowIsShort() throws InterruptedException {
    TheoryReport report = report(spec(LearnerKind.FUSED, Mlp.Normalization.NONE, 1, 0.1, 0.5, 0));
    // 0.95^n ≤ 0.15.
    assertThat(report.windows().get(0).steps()).isEqualTo(37);
    // The curve of fading weights ends where the longest window does.
    assertThat(report.windows().get(2).steps()).isEqualTo(104);
    assertThat(report.fading()).first().extracting(FadingPoint::stepsBack).isEqualTo(1L);
    assertThat(report.fading()).last().extracting(FadingPoint::stepsBack).isEqualTo(104L);
    LayerTheory first = report.layers().get(0);
    EpochBounds last = first.epochs().get(first.epochs().size() - 1);
    BoundCheck check = last.checks().get(0).apriori();
    assertThat(check.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(check.bound().rank()).isEqualTo(37);
    assertThat(check.measuredRank()).isBetween(1, 37);
    assertThat(last.checks().get(2).apriori().bound().rank()).isEqualTo(104);
    assertThat(last.checks().get(2).apriori().verdict()).isEqualTo(Verdict.VACUOUS);
    // Of 3 classes.
    assertThat(report.layers().get(2).epochs().get(2).checks().get(0).apriori().verdict())
        .isEqualTo(Verdict.VACUOUS);
    assertThat(first.epochs().get(0).checks().get(0).apriori().verdict())
        .isEqualTo(Verdict.NOT_YET);
    assertThat(first.epochs().get(0).checks().get(0).apriori().stepsNeeded()).isEqualTo(2 * 101);
    BoundCheck shortest = last.checks().get(0).shortest();
    assertThat(shortest).isNotNull();
    if (shortest != null) {
      assertThat(shortest.bound().rank()).isLessThanOrEqualTo(37);
      assertThat(shortest.verdict()).isEqualTo(Verdict.HOLDS);
    }
  }

  @Test
  void theWitnessFadesAsPredicted() throws InterruptedException {
    TheoryReport report = report(spec(LearnerKind.FUSED, Mlp.Normalization.NONE, 1, 0.1, 0.5, 0));
    for (LayerTheory layer : report.layers()) {
      for (WitnessPoint point : layer.witness()) {
        Double predicted = point.predicted();
        assertThat(predicted).isNotNull();
        if (predicted != null) {
          // Without momentum it is not only a bound.
          assertThat(Math.abs(point.error() - predicted))
              .isLessThanOrEqualTo(point.roundingBound());
        }
        assertThat(point.rankBound())
            .isEqualTo((int) Math.min(point.steps(), Math.min(layer.rows(), layer.cols())));
      }
      List<Double> errors = layer.witness().stream().map(WitnessPoint::error).toList();
      assertThat(errors.get(errors.size() - 1)).isLessThan(0.1 * errors.get(0));
    }
  }

  @Test
  void withoutDecayEveryBoundIsVacuous() throws InterruptedException {
    TheoryReport report = report(spec(LearnerKind.FUSED, Mlp.Normalization.NONE, 1, 0.02, 0, 0));
    assertThat(report.windows()).allMatch(window -> window.steps() == null);
    assertThat(report.layers())
        .flatExtracting(LayerTheory::epochs)
        .flatExtracting(EpochBounds::checks)
        .allMatch(check -> check.apriori().verdict() == Verdict.VACUOUS);
    assertThat(report.notes()).anyMatch(note -> note.contains("Without weight decay"));
  }

  @Test
  void aReportIsJson() throws Exception {
    TheoryReport report = report(spec(LearnerKind.FUSED, Mlp.Normalization.NONE, 1, 0.1, 0.5, 0));
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.at("/formatVersion").asInt()).isEqualTo(1);
    assertThat(json.at("/holds").asBoolean()).isTrue();
    assertThat(json.at("/layers/0/epochs/2/checks/0/apriori/verdict").asText()).isEqualTo("HOLDS");
    assertThat(json.at("/layers/0/epochs/2/checks/0/apriori/bound/rank").asInt()).isEqualTo(37);
    assertThat(json.at("/layers/0/witness/0/error").isNumber()).isTrue();
    assertThat(json.at("/fading/0/weight").asDouble()).isEqualTo(1);
  }

  @Test
  void refusesATrainingWhoseBeginningItMissed() {
    RunSpec spec = spec(LearnerKind.FUSED, Mlp.Normalization.NONE, 1, 0.1, 0.5, 0);
    TheoryProbe probe = new TheoryProbe(spec, clouds, SETTINGS);
    assertThatThrownBy(() -> probe.onStart(new ForgedLearner(), gradients -> {}, 3))
        .hasMessage(
            "theory: expected a training from its first step, found one resumed at epoch 3");
  }

  /** A learner that hides a part of its updates: every check must notice. */
  @Test
  void aLearnerThatIsNoSgdIsFoundOut() {
    TheoryReport report = forged(new ForgedLearner());
    LayerTheory layer = report.layers().get(0);
    assertThat(layer.identity()).noneMatch(IdentityCheck::holds);
    assertThat(layer.epochs().get(1).checks().get(0).apriori().verdict())
        .isEqualTo(Verdict.VIOLATED);
    assertThat(report.holds()).isFalse();
  }

  @Test
  void theNetworksAccuracyIsReported() throws InterruptedException {
    RunSpec spec = spec(LearnerKind.FUSED, Mlp.Normalization.NONE, 1, 0.1, 0.5, 0);
    TheoryProbe probe = new TheoryProbe(spec, clouds, SETTINGS);
    Run run = trainer.train(spec, probe);
    TestAccuracy accuracy = probe.report(run.outcome()).accuracy();
    assertThat(accuracy)
        .isEqualTo(new TestAccuracy(2, run.epochs().get(2).test().accuracy(), 7.0 / 20, 20));
    assertThat(accuracy.collapsed()).isFalse();
  }

  @Test
  void aNetworkThatForgotEverythingHasCollapsed() throws InterruptedException {
    TheoryReport report = report(spec(LearnerKind.FUSED, Mlp.Normalization.NONE, 1, 0.02, 40, 0));
    assertThat(report.accuracy().collapsed()).isTrue();
    assertThat(report.holds()).isTrue();
  }

  /** Every gradient is looked at, the last one too, which is NaN. */
  @ParameterizedTest
  @EnumSource(LearnerKind.class)
  void aDivergedTrainingEndsAsOne(LearnerKind kind) throws InterruptedException {
    RunSpec spec = spec(kind, Mlp.Normalization.NONE, 1, 1e30, 0, 0);
    TheorySettings every =
        new TheorySettings(List.of(0.1), 1000, 1 << 20, 0, TheorySettings.Depth.FULL);
    TheoryProbe probe = new TheoryProbe(spec, clouds, every);
    TheoryReport report = probe.report(trainer.train(spec, probe).outcome());
    assertThat(report.outcome()).startsWith("diverged at epoch 1, step ");
    assertThat(report.accuracy().epoch()).isZero();
    assertThat(report.layers()).allMatch(layer -> !layer.gradients().isEmpty());
  }

  /** A layer that is nothing: of rank 0 wherever a rank is measured, and never at fault. */
  @Test
  void zeroWeightsAreNoFailure() {
    TheoryReport report = forged(ForgedLearner.ofZeros());
    LayerTheory layer = report.layers().get(0);
    assertThat(report.holds()).as(report.json()).isTrue();
    assertThat(layer.gradients()).isNotEmpty().allMatch(rank -> rank.numerical() == 0);
    assertThat(layer.gradients()).allMatch(rank -> Integer.valueOf(0).equals(rank.exact()));
    assertThat(layer.epochs().get(1).checks().get(0).apriori())
        .extracting(BoundCheck::verdict, BoundCheck::measuredRank, BoundCheck::premise)
        // Even of zeros, underflow may have taken something away.
        .containsExactly(Verdict.NOT_YET, 0, Double.POSITIVE_INFINITY);
    assertThat(layer.movements().get(0).stepDistance()).isNull();
  }

  private static TheoryReport forged(ForgedLearner forged) {
    RunSpec spec =
        new RunSpec(
            "forged",
            new Mlp(50, List.of(40), 2, Mlp.Normalization.NONE),
            Initialization.HE,
            1,
            new Optimizer(1, 0.3, 0, StepSchedule.CONSTANT),
            1,
            1,
            LearnerKind.FUSED);
    Dataset data = new Dataset("forged", Clouds.of(60, 1), Clouds.of(20, 2), "none");
    TheoryProbe probe = new TheoryProbe(spec, data, SETTINGS);
    probe.onStart(forged, forged::listen, 0);
    probe.onEpoch(forged.record(0));
    for (int step = 1; step <= 60; step++) {
      forged.step();
      probe.onStep(1, step, new StepResult(1, 0));
    }
    probe.onEpoch(forged.record(1));
    return probe.report(new RunOutcome.Diverged(1, 1, "forged"));
  }

  private TheoryReport report(RunSpec spec) throws InterruptedException {
    TheoryProbe probe = new TheoryProbe(spec, clouds, SETTINGS);
    return probe.report(trainer.train(spec, probe).outcome());
  }

  private static RunSpec spec(
      LearnerKind kind,
      Mlp.Normalization normalization,
      int batch,
      double rate,
      double weightDecay,
      double momentum) {
    return new RunSpec(
        "clouds",
        new Mlp(Clouds.FEATURES, List.of(90, 60), 3, normalization),
        Initialization.HE,
        batch,
        new Optimizer(rate, weightDecay, momentum, new StepSchedule(List.of(1), 0.9999999)),
        2,
        5,
        kind);
  }
}
