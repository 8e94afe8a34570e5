package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.rankfall.train.Dataset;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import io.rankfall.train.theory.EpochBounds.EpsilonCheck;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link TheorySettings#LIGHT} looks at, and what it leaves out. */
final class LightProbeTest {
  private static final int EXAMPLES = 500;
  private static final List<Double> EPSILONS = List.of(0.3, 0.1, 0.01);
  private static final TheorySettings LIGHT =
      new TheorySettings(EPSILONS, 8, 64L << 20, 0, TheorySettings.Depth.LIGHT);
  private static final TheorySettings FULL =
      new TheorySettings(EPSILONS, 8, 64L << 20, 3, TheorySettings.Depth.FULL);

  private final Dataset clouds =
      new Dataset("clouds", Clouds.of(EXAMPLES, 1), Clouds.of(20, 2), "none");

  private TheoryReport report(double momentum, int batch, TheorySettings settings)
      throws InterruptedException {
    RunSpec spec =
        new RunSpec(
            clouds.name(),
            new Mlp(Clouds.FEATURES, List.of(90), 3, Mlp.Normalization.NONE),
            Initialization.HE,
            batch,
            new Optimizer(0.02, 2, momentum, StepSchedule.CONSTANT),
            3,
            5,
            LearnerKind.FUSED);
    TheoryProbe probe = new TheoryProbe(spec, clouds, settings);
    return probe.report(new Trainer(clouds).train(spec, probe).outcome());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.8})
  void costlyChecksLookAtAHundredthOfTheSteps(double momentum) throws InterruptedException {
    TheoryReport report = report(momentum, 1, LIGHT);
    assertThat(report.holds()).as(report.json()).isTrue();
    // 1,500 steps would allow fifteen, one epoch of 500 a reach of five.
    assertThat(report.rememberedSteps()).isEqualTo(5);
    for (LayerTheory layer : report.layers()) {
      assertThat(layer.gradients()).hasSize(8).allMatch(rank -> rank.exact() != null);
      assertThat(layer.identity())
          .extracting(IdentityCheck::step, IdentityCheck::steps)
          .containsExactly(tuple(500L, 1L), tuple(500L, 5L), tuple(1500L, 1L), tuple(1500L, 5L));
      assertThat(layer.identity())
          .allSatisfy(check -> assertThat(check.roundingBound()).isBetween(1e-9, 1e-3));
      assertThat(layer.witness()).isEmpty();
      assertThat(layer.movements()).isEmpty();
    }
    assertThat(report.notes())
        .anyMatch(note -> note.contains("gradient ranks at 8 of 1,500 steps"))
        .anyMatch(note -> note.contains("identity over up to 5 steps"));
  }

  @Test
  void shortTrainingsAreLookedAtOnceAtLeast() throws InterruptedException {
    TheoryReport report = report(0, 250, LIGHT);
    assertThat(report.steps()).isEqualTo(6);
    for (LayerTheory layer : report.layers()) {
      assertThat(layer.gradients()).extracting(GradientRank::step).containsExactly(6L);
      // 250 factors: too many to count exactly.
      assertThat(layer.gradients()).allMatch(rank -> rank.exact() == null);
      assertThat(layer.identity()).extracting(IdentityCheck::step).containsExactly(2L, 6L);
      assertThat(layer.identity()).allMatch(check -> check.steps() == 1);
    }
  }

  /** Every bound is checked as it is at full depth: ranks and premises are the same numbers. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.6})
  void noBoundIsLeftOut(double momentum) throws InterruptedException {
    List<LayerTheory> light = report(momentum, 1, LIGHT).layers();
    List<LayerTheory> full = report(momentum, 1, FULL).layers();
    for (int l = 0; l < light.size(); l++) {
      List<BoundCheck> found = apriori(light.get(l));
      List<BoundCheck> expected = apriori(full.get(l));
      assertThat(found)
          .extracting(BoundCheck::bound, BoundCheck::measuredRank, BoundCheck::verdict)
          .isEqualTo(
              expected.stream().map(c -> tuple(c.bound(), c.measuredRank(), c.verdict())).toList());
    }
    assertThat(apriori(light.get(0))).anyMatch(check -> check.verdict() == Verdict.HOLDS);
  }

  private static List<BoundCheck> apriori(LayerTheory layer) {
    return layer.epochs().stream()
        .flatMap(epoch -> epoch.checks().stream())
        .map(EpsilonCheck::apriori)
        .toList();
  }

  @Test
  void samplesAreSpreadEvenly() throws InterruptedException {
    assertThat(report(0, 1, LIGHT).layers().get(0).gradients())
        .extracting(GradientRank::step)
        .isEqualTo(LongStream.rangeClosed(1, 8).map(k -> (1500 * k + 7) / 8).boxed().toList());
  }
}
