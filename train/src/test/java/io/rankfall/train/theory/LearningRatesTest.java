package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.CosineSchedule;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Schedule;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.WarmUp;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

final class LearningRatesTest {
  private static final double RATE = 0.3;
  private static final int EPOCHS = 9;
  private static final int STEPS = 7;

  private static void assertRates(Schedule schedule, IntToDoubleFunction factor) {
    Optimizer optimizer = new Optimizer(RATE, 0.1, 0, schedule);
    LearningRates rates = LearningRates.of(optimizer, EPOCHS, STEPS);
    assertThat(rates.steps()).isEqualTo(EPOCHS * STEPS);
    for (int step = 1; step <= EPOCHS * STEPS; step++) {
      int epoch = (step + STEPS - 1) / STEPS;
      assertThat(rates.at(step))
          .as("step %d of %s", step, schedule)
          .isCloseTo(RATE * factor.applyAsDouble(epoch), within(1e-15));
    }
  }

  private static double cosine(int epoch, int epochs, double floor) {
    double half = epoch > epochs ? 0 : (1 + Math.cos(Math.PI * (epoch - 1) / epochs)) / 2;
    return floor + (1 - floor) * half;
  }

  @Test
  void everyStepHasTheRateOfItsSchedule() {
    assertRates(new StepSchedule(List.of(2, 5), 0.5), e -> e <= 2 ? 1 : e <= 5 ? 0.5 : 0.25);
    assertRates(new CosineSchedule(6, 0.1), e -> cosine(e, 6, 0.1));
    assertRates(new CosineSchedule(EPOCHS, 0), e -> cosine(e, EPOCHS, 0));
    assertRates(
        new WarmUp(3, new CosineSchedule(EPOCHS, 0)),
        e -> cosine(e, EPOCHS, 0) * Math.min(1, e / 4.0));
    assertRates(
        new WarmUp(2, new StepSchedule(List.of(4), 0.1)),
        e -> (e <= 4 ? 1 : 0.1) * Math.min(1, e / 3.0));
  }

  /** A run's epochs end before a cosine without a floor does, and then its last rate goes on. */
  @Test
  void aCosineThatEndsAtNothingIsFollowedToItsLastEpoch() {
    CosineSchedule schedule = new CosineSchedule(EPOCHS, 0);
    LearningRates rates = LearningRates.of(new Optimizer(RATE, 0.1, 0, schedule), EPOCHS, STEPS);
    double last = RATE * cosine(EPOCHS, EPOCHS, 0);
    assertThat(last).isPositive();
    assertThat(rates.at(EPOCHS * STEPS + 1)).isCloseTo(last, within(1e-15));
    assertThatThrownBy(
            () -> LearningRates.of(new Optimizer(RATE, 0.1, 0, schedule), EPOCHS + 1, STEPS))
        .hasMessage("learning rate: expected > 0, found 0.0");
  }
}
