package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.theory.EpochBounds.EpsilonCheck;
import io.rankfall.train.theory.TheoryPlan.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of one layer, told by hand. */
final class LayerLogsTest {
  private static final Shape SHAPE = new Shape(40, 50, 1, true);
  private static final TheorySettings SETTINGS =
      new TheorySettings(List.of(0.3), 5, 1 << 20, 3, TheorySettings.Depth.FULL);

  private static Optimizer optimizer(double momentum) {
    return new Optimizer(1, 0.3, momentum, StepSchedule.CONSTANT);
  }

  /** Of one epoch of 60 steps. */
  private static TheoryPlan plan(double momentum) {
    RunSpec spec =
        new RunSpec(
            "told",
            new Mlp(50, List.of(40), 2, Mlp.Normalization.NONE),
            Initialization.HE,
            1,
            optimizer(momentum),
            1,
            1,
            LearnerKind.FUSED);
    return new TheoryPlan(spec, 60, SETTINGS, List.of(SHAPE));
  }

  @Test
  void whatIsLeftIsOfBothMatricesBefore() {
    TheoryPlan plan = plan(0.5);
    NormLog norms = new NormLog(SHAPE, optimizer(0.5), plan);
    norms.measured(56, 2);
    norms.measured(57, 3);
    Fading fading = new Fading(plan.recursion(), plan.rates(), 60);
    fading.backTo(3);
    assertThat(fading.lastButOne()).isNegative();
    assertThat(norms.remainder(60, fading))
        .isEqualTo(Math.abs(fading.last()) * 3 + Math.abs(fading.lastButOne()) * 2);
    fading.back();
    assertThat(norms.remainder(60, fading)).as("the norm of step 55").isNull();
  }

  /** The norm has fallen to a third: six steps are too few, seven will do. */
  @Test
  void aWindowCanBeLongerThanTheOneKnownBefore() {
    TheoryPlan plan = plan(0);
    NormLog norms = new NormLog(SHAPE, optimizer(0), plan);
    for (int step = 0; step <= 60; step++) {
      norms.step(step, 1, 1e-3);
      norms.measured(step, step < 60 ? 3 : 1);
    }
    LayerBounds bounds = new LayerBounds(SHAPE, plan, SETTINGS.epsilons(), norms);
    double[] sigma = new double[40];
    sigma[0] = 1;
    bounds.epoch(1, 60, 1, new MeasuredSpectrum(Spectrum.of(40, 50, sigma)));
    EpsilonCheck check = bounds.epochs().get(0).checks().get(0);
    assertThat(check.apriori().bound().window().steps()).isEqualTo(6);
    assertThat(check.apriori().verdict()).isEqualTo(Verdict.NOT_YET);
    assertThat(check.apriori().premise()).isCloseTo(Math.pow(0.7, 6) * 3, within(1e-3));
    BoundCheck shortest = requireNonNull(check.shortest());
    assertThat(shortest.bound().window().steps()).isEqualTo(7);
    assertThat(shortest.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(shortest.premise()).isCloseTo(Math.pow(0.7, 7) * 3, within(1e-3));
  }

  /** 90 numbers of 4 bytes a step: ten steps fit, and the eleventh does not. */
  @Test
  void memoryLimitsHowFarBackIsLooked() {
    StepRecursion recursion = StepRecursion.of(optimizer(0));
    List<MemoryWindow> windows = List.of(MemoryWindow.of(recursion, 1, 1e-6));
    for (int steps : new int[] {10, 11}) {
      TheorySettings settings =
          new TheorySettings(List.of(0.3), 5, steps * 360L, 3, TheorySettings.Depth.FULL);
      UnrollPlan plan = new UnrollPlan(settings, recursion, 2, 60, 1, List.of(SHAPE), windows);
      assertThat(plan.rememberedSteps()).isEqualTo(steps);
      assertThat(plan.identitySteps(120)).endsWith((long) steps);
      assertThat(plan.witnessSteps()).endsWith((long) steps);
      assertThat(plan.remembers(120 - steps)).isFalse();
      assertThat(plan.remembers(121 - steps)).isTrue();
      assertThat(plan.copiesWeights(120 - steps)).isTrue();
    }
  }

  @Test
  void distancesAreOfTheNormBefore() {
    TheoryPlan plan = plan(0);
    NormLog norms = new NormLog(SHAPE, optimizer(0), plan);
    MovementLog log = new MovementLog(SHAPE, optimizer(0), 1, plan, norms);
    MeasuredSpectrum rankTwo = new MeasuredSpectrum(Spectrum.of(2, 2, 4, 3));
    log.epoch(0, 5, rankTwo, Matrix.of(2, 2, 4, 0, 0, 3));
    norms.measured(0, 5);
    norms.step(1, 1, 0);
    log.firstStep(1, Matrix.of(2, 2, 3, 0, 0, 3));
    log.epoch(1, 5, rankTwo, Matrix.of(2, 2, 0, 0, 0, 3));
    Movement first = log.movements().get(0);
    assertThat(first.epochDistance()).isNull();
    assertThat(first.stepDistance()).isEqualTo(0.2);
    // 0.3 of what one gradient of rank 1 cannot make up for.
    assertThat(first.stepFloor()).isCloseTo(0.3 * 0.6, within(1e-12));
    Movement last = log.movements().get(1);
    assertThat(last.epochDistance()).isEqualTo(0.8);
    assertThat(last.stepDistance()).isNull();
  }
}
