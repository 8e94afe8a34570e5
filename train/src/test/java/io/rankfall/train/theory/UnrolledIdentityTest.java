package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.Optimizer;
import io.rankfall.train.Schedule;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.theory.StepRecursion.Form;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The identity in double precision, against textbook steps of one weight. */
final class UnrolledIdentityTest {
  private static final double UNIT = 0x1p-53;

  /**
   * W_T = p_n·W_{T−n} + q_n·W_{T−n−1} − Σ weight·G for every n up to T, at rates that rise and
   * fall. Bound: each of T steps, and of the walk's n, rounds a few sums of terms that are no
   * larger than {@code size}; what they add up to fades or stays, as roots are at most 1.
   */
  @Property(tries = 300)
  void holdsInDoublePrecisionForEveryFormAndSchedule(
      @ForAll Form form,
      @ForAll @IntRange(min = 0, max = 95) int hundredthsOfMomentum,
      @ForAll @IntRange(min = 0, max = 3) int decays,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StepRecursion rule =
        new StepRecursion(form, decays * random.nextDouble(0.3), hundredthsOfMomentum / 100.0);
    LearningRates rates = MemoryWindowTest.rates(random);
    int end = 25;
    TextbookOptimizer weight = new TextbookOptimizer(rule, random.nextGaussian(), 0);
    List<Double> history = new ArrayList<>(List.of(weight.w));
    double[] gradients = new double[end + 1];
    double size = Math.abs(weight.w);
    for (int t = 1; t <= end; t++) {
      gradients[t] = random.nextGaussian();
      weight.step(rates.at(t), gradients[t]);
      history.add(weight.w);
      size = Math.max(size, Math.abs(weight.w) + Math.abs(weight.v) + Math.abs(gradients[t]));
    }
    Fading fading = new Fading(rule, rates, end);
    double sum = 0;
    double largest = 1;
    for (int n = 1; n < end; n++) {
      sum += fading.gradient() * gradients[end - n + 1];
      fading.back();
      largest = Math.max(largest, fading.share());
      double last = history.get(end - n);
      double before = history.get(end - n - 1);
      double unrolled =
          fading.last() * last
              + fading.lastButOne() * before
              - sum
              - fading.gradientBefore() * gradients[end - n];
      assertThat(unrolled).isCloseTo(weight.w, within(40 * end * UNIT * size * largest));
    }
  }

  /** Without momentum it makes no difference where the decay stands. */
  @Property(tries = 50)
  void withoutMomentumDecoupledDecayIsTheSameStep(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double decay = random.nextDouble(0.5);
    double start = random.nextGaussian();
    List<TextbookOptimizer> weights =
        Arrays.stream(Form.values())
            .map(form -> new TextbookOptimizer(new StepRecursion(form, decay, 0), start, 0))
            .toList();
    for (int t = 0; t < 20; t++) {
      double rate = random.nextDouble(0.1, 1);
      double gradient = random.nextGaussian();
      weights.forEach(weight -> weight.step(rate, gradient));
    }
    assertThat(weights).allSatisfy(w -> assertThat(w.w).isCloseTo(weights.get(0).w, within(1e-13)));
  }

  /** One layer decays, its neighbour does not: each is unrolled by its own recursion. */
  @Test
  void decayOnSomeLayersOnlyLeavesTheOthersTheirMemory() {
    SplittableRandom random = new SplittableRandom(4);
    StepRecursion decaying = new StepRecursion(Form.HEAVY_BALL, 0.5, 0.5);
    StepRecursion free = new StepRecursion(Form.HEAVY_BALL, 0, 0.5);
    LearningRates rates = LearningRates.constant(0.2, 60);
    // The loss (a·b·x − y)²/2, whose gradients by a and b each hold the other one.
    TextbookOptimizer a = new TextbookOptimizer(decaying, 1.5, 0);
    TextbookOptimizer b = new TextbookOptimizer(free, 0.5, 0);
    List<Double> pastA = new ArrayList<>(List.of(a.w));
    List<Double> pastB = new ArrayList<>(List.of(b.w));
    List<Double> gradientsA = new ArrayList<>(List.of(0.0));
    List<Double> gradientsB = new ArrayList<>(List.of(0.0));
    for (int t = 1; t <= 60; t++) {
      double x = random.nextDouble(0.5, 1);
      double error = a.w * b.w * x - random.nextDouble(0.5, 1);
      gradientsA.add(error * b.w * x);
      gradientsB.add(error * a.w * x);
      a.step(0.2, gradientsA.get(t));
      b.step(0.2, gradientsB.get(t));
      pastA.add(a.w);
      pastB.add(b.w);
    }
    int window =
        Math.toIntExact(requireNonNull(MemoryWindow.endingAt(decaying, rates, 60, 0.1).steps()));
    assertThat(window).isLessThan(60);
    assertThat(left(decaying, rates, window, pastA, gradientsA)).isCloseTo(a.w, within(1e-13));
    assertThat(left(free, rates, window, pastB, gradientsB)).isCloseTo(b.w, within(1e-13));
    assertThat(MemoryWindow.endingAt(free, rates, 60, 0.1).steps()).isNull();
    // What the free layer keeps of its past does not fall: p + q = 1.
    Fading all = new Fading(free, rates, 60);
    all.backTo(59);
    assertThat(all.last() + all.lastButOne()).isCloseTo(1, within(1e-13));
  }

  private static double left(
      StepRecursion rule, LearningRates rates, int n, List<Double> past, List<Double> gradients) {
    int end = past.size() - 1;
    Fading fading = new Fading(rule, rates, end);
    double sum = 0;
    while (fading.steps() < n) {
      sum += fading.gradient() * gradients.get(end - (int) fading.steps());
      fading.back();
    }
    return fading.last() * past.get(end - n) + fading.lastButOne() * past.get(end - n - 1) - sum;
  }

  /** Whoever gives the optimizer a setting decides what the theory makes of it. */
  @Test
  void everySettingOfTheOptimizerIsModelled() {
    assertThat(names(Optimizer.class))
        .as("StepRecursion.requireModelled has to model or to refuse every setting")
        .containsExactly(
            "learningRate", "weightDecay", "momentum", "schedule", "method", "decayOn", "clipNorm");
    assertThat(
            Arrays.stream(Schedule.class.getPermittedSubclasses())
                .collect(Collectors.toMap(Class::getSimpleName, UnrolledIdentityTest::names)))
        .as("LearningRates.of has to follow every setting, as LearningRatesTest asks")
        .containsOnly(
            entry("StepSchedule", List.of("milestones", "factor")),
            entry("CosineSchedule", List.of("epochs", "floor")),
            entry("WarmUp", List.of("warmUpEpochs", "then")));
  }

  private static List<String> names(Class<?> record) {
    return Arrays.stream(record.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  @Test
  void theOptimizersStepIsHeavyBalls() {
    Optimizer optimizer = new Optimizer(0.1, 0.5, 0.9, new StepSchedule(List.of(1), 0.5));
    assertThat(StepRecursion.requireModelled(optimizer, 3))
        .isEqualTo(new StepRecursion(Form.HEAVY_BALL, 0.5, 0.9));
    assertThatThrownBy(() -> new Optimizer(2, 0.5, 0, StepSchedule.CONSTANT))
        .hasMessageContaining("learningRate*weightDecay < 1");
  }
}
