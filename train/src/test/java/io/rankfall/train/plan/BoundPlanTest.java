package io.rankfall.train.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.plan.Memory.Outlook;
import io.rankfall.train.theory.StepRecursion;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoundPlanTest {
  private static final int GRID = 20_000;

  /** B·R·n(ε), written down once more. */
  private static double promised(RankTarget target, double product) {
    double window = Math.ceil(Math.log(2 / target.epsilon()) / -Math.log1p(-product));
    return target.batchSize() * (double) target.positions() * Math.max(1, window);
  }

  @Property(tries = 60)
  void noPointOfAFineGridBelowIsEnoughAndAllAboveAre(
      @ForAll @IntRange(min = 1, max = 2000) int rank,
      @ForAll @Scale(9) @DoubleRange(min = 1e-4, max = 0.9) double epsilon,
      @ForAll @IntRange(min = 1, max = 40) int batch,
      @ForAll @IntRange(min = 1, max = 3) int positions) {
    RankTarget target = new RankTarget(rank, epsilon, batch, positions);
    double found = BoundPlan.product(target).map(BoundPlan::product).orElse(1.0);
    for (int i = 1; i < GRID; i++) {
      double product = (double) i / GRID;
      assertThat(promised(target, product) <= rank).as("%s", product).isEqualTo(product >= found);
    }
  }

  @Property(tries = 300)
  void everyAnswerIsEnoughAndTheNumberBeforeItIsNot(
      @ForAll @IntRange(min = 1, max = 100_000) int rank,
      @ForAll @Scale(9) @DoubleRange(min = 1e-6, max = 0.99) double epsilon,
      @ForAll @IntRange(min = 1, max = 64) int batch,
      @ForAll @Scale(9) @DoubleRange(min = 1e-5, max = 100) double given) {
    RankTarget target = new RankTarget(rank, epsilon, batch, 1);
    BoundPlan.weightDecay(target, given)
        .ifPresent(
            plan -> {
              assertThat(plan.learningRate()).isEqualTo(given);
              assertThat(plan.promisedRank()).isLessThanOrEqualTo(rank);
              assertThat(target.isPromisedBy(given, plan.weightDecay())).isTrue();
              assertThat(target.isPromisedBy(given, Math.nextDown(plan.weightDecay()))).isFalse();
            });
    BoundPlan.learningRate(target, given)
        .ifPresent(
            plan -> {
              assertThat(plan.weightDecay()).isEqualTo(given);
              assertThat(target.isPromisedBy(plan.learningRate(), given)).isTrue();
              assertThat(target.isPromisedBy(Math.nextDown(plan.learningRate()), given)).isFalse();
            });
    assertThat(BoundPlan.weightDecay(target, given).isPresent())
        .isEqualTo(BoundPlan.learningRate(target, given).isPresent())
        .isEqualTo(rank >= batch);
  }

  @Property(tries = 100)
  void theProductIsTheOneSolvedByHand(
      @ForAll @IntRange(min = 1, max = 5000) int steps,
      @ForAll @Scale(9) @DoubleRange(min = 1e-3, max = 0.9) double epsilon) {
    BoundPlan plan = BoundPlan.product(new RankTarget(3 * steps + 2, epsilon, 3, 1)).orElseThrow();
    assertThat(plan.steps()).isEqualTo(steps);
    assertThat(plan.product()).isCloseTo(-Math.expm1(Math.log(epsilon / 2) / steps), within(1e-12));
  }

  @Test
  void theExampleOfTheDocumentation() {
    BoundPlan plan = BoundPlan.product(new RankTarget(64, 0.05, 16, 1)).orElseThrow();
    assertThat(plan.product()).isCloseTo(1 - Math.pow(0.025, 0.25), within(1e-15));
    assertThat(plan.steps()).isEqualTo(4);
    assertThat(plan.promisedRank()).isEqualTo(64);
    assertThat(plan.memory(60_000).outlook()).isEqualTo(Outlook.FORGETS);
  }

  @Test
  void aStepsGradientAloneMayBeTooMuch() {
    RankTarget target = new RankTarget(63, 0.05, 16, 4);
    assertThat(target.leastRank()).isEqualTo(64);
    assertThat(BoundPlan.product(target)).isEmpty();
    assertThat(BoundPlan.product(new RankTarget(64, 0.05, 16, 4)).orElseThrow().steps())
        .isEqualTo(1);
    assertThat(target.promisedAt(1)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whatIsNoSettingIsRefused() {
    RankTarget target = new RankTarget(64, 0.05, 16, 1);
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> BoundPlan.weightDecay(target, bad))
          .withMessageContaining("learning rate: expected > 0");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> BoundPlan.learningRate(target, bad))
          .withMessageContaining("weight decay: expected > 0");
    }
    assertThatIllegalArgumentException().isThrownBy(() -> new RankTarget(0, 0.1, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new RankTarget(1, 2, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new RankTarget(1, 0.1, 0, 1));
  }

  @Test
  void memoryIsCountedInEpochs() {
    // 1/0.01 = 100 steps of 6 examples are 600 of 1000.
    assertThat(Memory.of(6, 0.01, 1000).epochs()).isCloseTo(0.6, within(1e-12));
    assertThat(Memory.of(6, 0.01, 1000).outlook()).isEqualTo(Outlook.COSTS);
    assertThat(Memory.of(6, 0.01, 600).outlook()).isEqualTo(Outlook.LEARNS);
    assertThat(Memory.of(6, 0.01, 3001).outlook()).isEqualTo(Outlook.FORGETS);
    assertThat(Memory.of(6, 0, 1000).outlook()).isEqualTo(Outlook.LEARNS);
  }

  /** The mean age of what the textbook's steps keep of a gradient of 1. */
  @ParameterizedTest
  @CsvSource({"HEAVY_BALL, 0", "HEAVY_BALL, 0.5", "HEAVY_BALL, 0.9", "NESTEROV, 0.9"})
  void momentumShortensTheMemory(StepRecursion.Form form, double momentum) {
    double product = 0.004;
    double weight = 0;
    double velocity = 0;
    double age = 0;
    double sum = 0;
    for (int step = 1; step <= 20_000; step++) {
      double gradient = (step == 1 ? 1 : 0) + product * weight;
      velocity = momentum * velocity + gradient;
      weight -= form == StepRecursion.Form.NESTEROV ? gradient + momentum * velocity : velocity;
      age += step * weight;
      sum += weight;
    }
    assertThat(Memory.of(1, product, 1).withMomentum(momentum).epochs())
        .isCloseTo(age / sum, within(1e-6));
  }
}
