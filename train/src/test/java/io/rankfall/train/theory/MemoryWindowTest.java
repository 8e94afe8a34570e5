package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.CosineSchedule;
import io.rankfall.train.Optimizer;
import io.rankfall.train.theory.StepRecursion.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MemoryWindowTest {
  private static final double ROUNDING = 1e-12;

  private static StepRecursion plain(double weightDecay) {
    return new StepRecursion(Form.HEAVY_BALL, weightDecay, 0);
  }

  @Test
  void isThePapersFormulaAtAConstantRate() {
    // ln(2000)/−ln(1 − 0.005) = 1516.4
    assertThat(MemoryWindow.of(plain(0.05), 0.1, 1e-3).steps()).isEqualTo(1517);
    assertThat(MemoryWindow.of(plain(0.05), 0.1, 1e-3).gradients()).isEqualTo(1517);
    // The authors' default: μ = 0.1, wd = 5e-4.
    assertThat(MemoryWindow.of(plain(5e-4), 0.1, 1e-3).steps())
        .isEqualTo((long) Math.ceil(Math.log(2000) / -Math.log1p(-5e-5)))
        .isEqualTo(152015);
  }

  @Property(tries = 300)
  void isTheFirstStepAtWhichHalfOfEpsilonIsLeft(
      @ForAll @Scale(9) @DoubleRange(min = 1e-4, max = 0.99) double decayOfAStep,
      @ForAll @Scale(9) @DoubleRange(min = 1e-6, max = 0.9) double epsilon) {
    long n = steps(MemoryWindow.of(plain(decayOfAStep), 1, epsilon));
    assertThat(Math.pow(1 - decayOfAStep, (double) n))
        .isLessThanOrEqualTo(epsilon / 2 * (1 + 1e-9));
    assertThat(Math.pow(1 - decayOfAStep, n - 1.0)).isGreaterThan(epsilon / 2 * (1 - 1e-9));
  }

  @Property(tries = 300)
  void followsAnyScheduleAndMomentum(
      @ForAll Form form,
      @ForAll @IntRange(min = 0, max = 97) int hundredthsOfMomentum,
      @ForAll @Scale(9) @DoubleRange(min = 0.01, max = 0.5) double epsilon,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StepRecursion rule =
        new StepRecursion(form, random.nextDouble(0.01, 0.3), hundredthsOfMomentum / 100.0);
    LearningRates rates = rates(random);
    long step = rates.steps() - random.nextInt(3);
    long n = steps(MemoryWindow.endingAt(rule, rates, step, epsilon));

    Fading fading = new Fading(rule, rates, step);
    while (fading.steps() < n) {
      assertThat(fading.share()).isGreaterThan(epsilon / 2 * (1 - ROUNDING));
      fading.back();
    }
    assertThat(fading.share()).isLessThanOrEqualTo(epsilon / 2 * (1 + 1e-9));
  }

  /** Without gradients behind step T−n, W_T is p·W_{T−n} + q·W_{T−n−1} by the textbook's steps. */
  @Property(tries = 300)
  void whatIsLeftIsWhatTheTextbookLeaves(
      @ForAll Form form,
      @ForAll @IntRange(min = 0, max = 99) int hundredthsOfMomentum,
      @ForAll @IntRange(min = 0, max = 12) int n,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StepRecursion rule =
        new StepRecursion(form, random.nextDouble(0, 0.5), hundredthsOfMomentum / 100.0);
    LearningRates rates = rates(random);
    long end = 20;
    TextbookOptimizer weight =
        new TextbookOptimizer(rule, random.nextDouble(-1, 1), random.nextDouble(-1, 1));
    double lastButOne = 0;
    double last = weight.w;
    for (long t = 1; t <= end; t++) {
      if (t <= end - n) {
        // Nesterov's step also moves along the gradient before: n + 1 of them count.
        boolean counts = form == Form.NESTEROV && t == end - n;
        lastButOne = weight.w;
        weight.step(rates.at(t), counts ? 0 : random.nextDouble(-1, 1));
        last = weight.w;
      } else {
        weight.step(rates.at(t), 0);
      }
    }
    Fading fading = new Fading(rule, rates, end);
    for (int j = 0; j < n; j++) {
      fading.back();
    }
    assertThat(fading.last() * last + fading.lastButOne() * lastButOne)
        .isCloseTo(weight.w, within(1e-11));
  }

  @Property(tries = 200)
  void longWindowsWithMomentumAreThoseFoundStepByStep(
      @ForAll Form form,
      @ForAll @Scale(9) @DoubleRange(min = 0, max = 0.98) double momentum,
      @ForAll @Scale(9) @DoubleRange(min = 1e-5, max = 0.05) double decayOfAStep,
      @ForAll @Scale(9) @DoubleRange(min = 1e-4, max = 0.9) double epsilon) {
    StepRecursion rule = new StepRecursion(form, decayOfAStep, momentum);
    long n = steps(MemoryWindow.of(rule, 1, epsilon));

    Fading fading = new Fading(rule, LearningRates.constant(1, 1), 1);
    while (fading.share() > epsilon / 2 * (1 + 1e-9)) {
      fading.back();
    }
    assertThat(n).isBetween(fading.steps(), fading.steps() + 1);
  }

  @Property(tries = 200)
  void theSpectralRadiusIsWhatAStepKeepsInTheLongRun(
      @ForAll Form form,
      @ForAll @Scale(9) @DoubleRange(min = 0, max = 0.95) double momentum,
      @ForAll @Scale(9) @DoubleRange(min = 1e-3, max = 0.9) double decayOfAStep) {
    StepRecursion rule = new StepRecursion(form, decayOfAStep, momentum);
    double radius = rule.spectralRadius(1);
    Fading fading = new Fading(rule, LearningRates.constant(1, 1), 1);
    int n = 4000;
    double largest = 0;
    for (int j = 0; j < n && fading.share() > 1e-250; j++) {
      fading.back();
      // Never faster for long than the radius says, which a defective matrix delays by n.
      largest = fading.share() / (fading.steps() + 1) / Math.pow(radius, (double) fading.steps());
      assertThat(largest).isLessThanOrEqualTo(2.01 / radius);
    }
    assertThat(Math.log(fading.share()) / fading.steps())
        .isCloseTo(Math.log(radius), within(0.03 + 10.0 / fading.steps()));
    assertThat(radius).isLessThan(1);
  }

  @Test
  void momentumLengthensTheEffectiveRateNotTheHorizon() {
    // λ ≈ 1 − μ·wd/(1 − m): a tenth of the steps, but for the constant (1+m)/(1−m) = 19.
    StepRecursion rule = new StepRecursion(Form.HEAVY_BALL, 1e-3, 0.9);
    assertThat(rule.spectralRadius(0.01)).isCloseTo(1 - 1e-4, within(2e-6));
    long n = steps(MemoryWindow.of(rule, 0.01, 1e-3));
    assertThat((double) n).isCloseTo(Math.log(2 * 19 / 1e-3) / 1e-4, within(0.01 * n));
  }

  @Test
  void withoutDecayNothingFades() {
    MemoryWindow window = MemoryWindow.of(plain(0), 0.1, 0.1);
    assertThat(window.steps()).isNull();
    assertThat(window.gradients()).isNull();
    assertThat(MemoryWindow.stepsNeeded(plain(0), LearningRates.constant(0.1, 10), 0.1)).isNull();
    assertThat(MemoryWindow.of(new StepRecursion(Form.NESTEROV, 0, 0.9), 0.1, 0.1).steps())
        .isNull();
    // As good as nothing.
    assertThat(MemoryWindow.of(plain(1e-18), 0.1, 0.1).steps()).isNull();
    assertThat(MemoryWindow.of(new StepRecursion(Form.HEAVY_BALL, 1e-18, 0.9), 0.1, 0.1).steps())
        .isNull();
  }

  @Test
  void nesterovAddsOneGradientMore() {
    StepRecursion rule = new StepRecursion(Form.NESTEROV, 0.1, 0.5);
    MemoryWindow window = MemoryWindow.of(rule, 0.1, 0.1);
    assertThat(window.gradients()).isEqualTo(steps(window) + 1);
  }

  @ParameterizedTest
  @CsvSource({"0.5, 2", "1, 1", "10, 0.2"})
  void refusesStepsThatTurnTheWeightsRound(double rate, double weightDecay) {
    assertThatThrownBy(() -> MemoryWindow.of(plain(weightDecay), rate, 0.1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("learning rate x weight decay: expected below 1")
        .hasMessageContaining("found " + rate * weightDecay);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "-0.1", "NaN", "Infinity"})
  void refusesAnEpsilonThatIsNoShare(double epsilon) {
    assertThatThrownBy(() -> MemoryWindow.of(plain(0.1), 0.1, epsilon))
        .hasMessage("epsilon: expected above 0 and below 1, found " + epsilon);
  }

  @Test
  void beforeTheFirstStepTheFirstRateIsTakenToHaveBeenThere() {
    LearningRates rates = LearningRates.constant(0.5, 10);
    assertThat(MemoryWindow.endingAt(plain(0.1), rates, 0, 0.1))
        .isEqualTo(MemoryWindow.of(plain(0.1), 0.5, 0.1));
    StepRecursion momentum = new StepRecursion(Form.HEAVY_BALL, 0.1, 0.5);
    assertThat(MemoryWindow.endingAt(momentum, rates, 0, 0.1))
        .isEqualTo(MemoryWindow.of(momentum, 0.5, 0.1));
  }

  @Test
  void aTinyEpsilonMakesALongWindow() {
    assertThat(MemoryWindow.of(plain(0.5), 1, Double.MIN_VALUE).steps()).isBetween(1075L, 1076L);
  }

  @Test
  void aTrainingNeedsAsManyStepsAsItsLastRateDemands() {
    LearningRates rates =
        new LearningRates(
            List.of(new LearningRates.Span(0.5, 10), new LearningRates.Span(0.1, 10)));
    StepRecursion rule = plain(0.1);
    // 0.95^10 of the first rate; then 0.99^k.
    double left = Math.log(2 / 0.1) + 10 * Math.log(0.95);
    long expected = 10 + (long) Math.ceil(left / -Math.log(0.99));
    assertThat(MemoryWindow.stepsNeeded(rule, rates, 0.1)).isEqualTo(expected).isEqualTo(258);
    assertThat(steps(MemoryWindow.endingAt(rule, rates, expected, 0.1)))
        .isLessThanOrEqualTo(expected);
    assertThat(steps(MemoryWindow.endingAt(rule, rates, expected - 1, 0.1)))
        .isGreaterThan(expected - 1);
    assertThat(MemoryWindow.stepsNeeded(rule, LearningRates.constant(0.5, 500), 0.1))
        .isEqualTo(500);
  }

  /** No training that is shorter contains its window. */
  @Property(tries = 100)
  void noFewerStepsWouldDo(
      @ForAll @Scale(9) @DoubleRange(min = 0.01, max = 0.5) double epsilon, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StepRecursion rule = new StepRecursion(Form.HEAVY_BALL, 0.02, random.nextInt(2) * 0.5);
    LearningRates rates = rates(random);
    Long needed = MemoryWindow.stepsNeeded(rule, rates, epsilon);
    assertThat(needed).isNotNull();
    if (needed != null) {
      assertThat(needed).isGreaterThan(rates.steps());
      assertThat(steps(MemoryWindow.endingAt(rule, rates, needed, epsilon)))
          .isLessThanOrEqualTo(needed);
      assertThat(steps(MemoryWindow.endingAt(rule, rates, needed - 1, epsilon)))
          .isGreaterThan(needed - 1);
    }
  }

  /** A cosine's last rate is so low that a window needs a million steps of it: none is walked. */
  @ParameterizedTest
  @CsvSource({"0, 2464700", "0.5, 1144723"})
  @Timeout(20)
  void aRateThatFallsToNearlyNothingNeedsLong(double momentum, long needed) {
    Optimizer optimizer = new Optimizer(0.02, 0.5, momentum, new CosineSchedule(100, 0));
    LearningRates rates = LearningRates.of(optimizer, 100, 3);
    assertThat(MemoryWindow.stepsNeeded(StepRecursion.of(optimizer), rates, 0.001))
        .isEqualTo(needed);
  }

  @Property(tries = 100)
  void stepsAtOneRateAreTakenAtOnce(
      @ForAll Form form,
      @ForAll @IntRange(min = 1, max = 60) int count,
      @ForAll @IntRange(min = 0, max = 5) int tenths) {
    LearningRates rates = LearningRates.constant(0.1, 100);
    StepRecursion rule = new StepRecursion(form, 0.2, tenths / 10.0);
    Fading walked = new Fading(rule, rates, 100);
    Fading jumped = new Fading(rule, rates, 100);
    walked.backTo(3);
    jumped.backTo(3);
    walked.backTo(3 + count);
    jumped.back(0.1, count);
    assertThat(jumped.steps()).isEqualTo(walked.steps());
    assertThat(jumped.last()).isCloseTo(walked.last(), within(1e-13));
    assertThat(jumped.lastButOne()).isCloseTo(walked.lastButOne(), within(1e-13));
  }

  private static long steps(MemoryWindow window) {
    Long steps = window.steps();
    assertThat(steps).isNotNull();
    return steps == null ? 0 : steps;
  }

  /** Up to four spans of rates from 0.05 to 1. */
  static LearningRates rates(SplittableRandom random) {
    List<LearningRates.Span> spans = new ArrayList<>();
    int count = random.nextInt(1, 5);
    for (int s = 0; s < count; s++) {
      spans.add(new LearningRates.Span(random.nextDouble(0.05, 1), random.nextInt(1, 12)));
    }
    return new LearningRates(spans);
  }
}
