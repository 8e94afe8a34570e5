package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepRounding;
import io.rankfall.train.StepSchedule;
import org.junit.jupiter.api.Test;

/** What is logged is what {@link StepRounding} says of norms that are bounded step by step. */
final class RoundingLogTest {
  private static final double RATE = 0.1;
  private static final double DECAY = 0.5;
  private static final double MOMENTUM = 0.4;
  private static final Optimizer PLAIN = new Optimizer(RATE, DECAY, 0, StepSchedule.CONSTANT);
  private static final Optimizer HEAVY =
      new Optimizer(RATE, DECAY, MOMENTUM, StepSchedule.CONSTANT);

  private static double left(RoundingLog log, Optimizer optimizer, long end, long steps) {
    return log.left(StepRecursion.of(optimizer), LearningRates.constant(RATE, 100), end, steps);
  }

  @Test
  void normsAreBoundedFromTheLastMeasuredOne() {
    RoundingLog log = new RoundingLog(PLAIN, 12, 5);
    log.measured(10);
    log.add(1, RATE, 3, 2);
    log.add(2, RATE, 3, 4);
    double first = StepRounding.of(PLAIN, RATE, 3, 12, 10, 0, 2).weights();
    // a·10 + μ·2.
    double norm = 0.95 * 10 + RATE * 2;
    double second = StepRounding.of(PLAIN, RATE, 3, 12, norm, 0, 4).weights();
    assertThat(log.ofStep(1)).isCloseTo(first, within(1e-6 * first));
    assertThat(log.ofStep(2)).isCloseTo(second, within(1e-6 * second));
    // What step 1 rounded has faded by one step.
    assertThat(left(log, PLAIN, 2, 2)).isCloseTo(second + 0.95 * first, within(1e-6 * first));
    assertThat(left(log, PLAIN, 2, 1)).isCloseTo(second, within(1e-6 * second));
  }

  @Test
  void afterStepsThatWereNotLoggedNothingIsKnown() {
    RoundingLog log = new RoundingLog(PLAIN, 12, 5);
    log.measured(10);
    log.skip();
    log.add(2, RATE, 3, 4);
    assertThat(log.ofStep(2)).isNaN();
    log.measured(10);
    log.add(3, RATE, 3, 4);
    assertThat(log.ofStep(3)).isPositive();

    RoundingLog heavy = new RoundingLog(HEAVY, 12, 5);
    heavy.measured(10);
    heavy.skip();
    heavy.measured(10);
    heavy.add(2, RATE, 3, 4);
    assertThat(heavy.ofStep(2)).as("the velocity").isNaN();
  }

  @Test
  void theVelocityGathersGradientsAndRoundings() {
    RoundingLog log = new RoundingLog(HEAVY, 12, 5);
    log.measured(10);
    log.add(1, RATE, 3, 2);
    double v1 = 2 + DECAY * 10;
    StepRounding first = StepRounding.of(HEAVY, RATE, 3, 12, 10, v1, 2);
    assertThat(log.ofStep(1)).isCloseTo(first.weights(), within(1e-6 * first.weights()));
    log.measured(9);
    log.add(2, RATE, 3, 4);
    double v2 = MOMENTUM * v1 + 4 + DECAY * 9;
    StepRounding second = StepRounding.of(HEAVY, RATE, 3, 12, 9, v2, 4);
    assertThat(log.ofStep(2)).isCloseTo(second.weights(), within(1e-6 * second.weights()));
    // W_1 + e and v_1 + f make W_2 + (p_1 + q_1)·e + q_1·μ·f, where W_0 = W_1 + μ·v_1.
    double p = 0.95 + MOMENTUM;
    double q = -MOMENTUM;
    double faded = Math.abs(p + q) * first.weights() + Math.abs(q) * RATE * first.velocity();
    assertThat(left(log, HEAVY, 2, 2)).isCloseTo(second.weights() + faded, within(1e-6 * faded));
  }

  @Test
  void copiesTellHowFastTheWeightsGo() {
    RoundingLog log = new RoundingLog(HEAVY, 2, 5);
    log.measured(10);
    log.skip();
    Matrix before = Matrix.of(1, 2, 3, 4);
    Matrix after = Matrix.of(1, 2, 3, 4.5f);
    log.copied(RATE, before, after);
    log.measured(5.4);
    log.add(2, RATE, 3, 4);
    double v = MOMENTUM * (0.5 / RATE) + 4 + DECAY * 5.4;
    double expected = StepRounding.of(HEAVY, RATE, 3, 2, 5.4, v, 4).weights();
    assertThat(log.ofStep(2)).isCloseTo(expected, within(1e-4 * expected));
  }

  /** An error of W_1 and one of v_1, carried on by the textbook's steps. */
  @Test
  void errorsFadeAsTheTextbookSays() {
    StepRecursion rule = StepRecursion.of(HEAVY);
    double e = 1e-3;
    double f = -2e-3;
    TextbookOptimizer exact = new TextbookOptimizer(rule, 1, 0.5);
    TextbookOptimizer off = new TextbookOptimizer(rule, 1 + e, 0.5 + f);
    Fading fading = new Fading(rule, LearningRates.constant(RATE, 100), 20);
    for (int j = 1; j <= 10; j++) {
      exact.step(RATE, j);
      off.step(RATE, j);
      fading.back();
      double p = fading.last();
      double q = fading.lastButOne();
      assertThat(off.w - exact.w).isCloseTo((p + q) * e + q * RATE * f, within(1e-14));
    }
  }
}
