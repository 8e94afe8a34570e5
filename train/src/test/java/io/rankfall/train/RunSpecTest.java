package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.Mlp.Normalization;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The settings of a run: what they mean and what they refuse. */
final class RunSpecTest {
  private static RunSpec spec(int batchSize, int epochs, Normalization normalization) {
    return new RunSpec(
        "fashion-mnist",
        new Mlp(784, List.of(100), 10, normalization),
        Initialization.HE,
        batchSize,
        Cases.optimizer(0.1, 0, 0),
        epochs,
        1,
        LearnerKind.FUSED);
  }

  @Test
  void batchesAndEpochsAreAtLeastOneAndTwoWithNormalisation() {
    assertThat(spec(1, 1, Normalization.NONE).batchSize()).isEqualTo(1);
    assertThat(spec(2, 1, Normalization.BATCH).batchSize()).isEqualTo(2);
    assertThatThrownBy(() -> spec(0, 1, Normalization.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch size: expected >= 1, found 0");
    assertThatThrownBy(() -> spec(1, 0, Normalization.NONE))
        .hasMessage("epochs: expected >= 1, found 0");
    assertThatThrownBy(() -> spec(1, 1, Normalization.BATCH))
        .hasMessage("batch size: expected >= 2 with batch normalisation, found 1");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void aLearningRateIsPositiveAndFinite(double rate) {
    assertThatThrownBy(() -> Cases.optimizer(rate, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("learning rate: expected > 0, found " + rate);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.001, Double.NaN})
  void aDecayIsNoGrowth(double weightDecay) {
    assertThatThrownBy(() -> Cases.optimizer(0.1, weightDecay, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("weight decay: expected >= 0, found " + weightDecay);
  }

  @ParameterizedTest
  @CsvSource({"0.1, 10", "0.1, Infinity", "2, 0.5"})
  void aDecayLeavesSomethingOfTheWeights(double rate, double weightDecay) {
    assertThatThrownBy(() -> Cases.optimizer(rate, weightDecay, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "weight decay: expected learningRate*weightDecay < 1, as a step keeps the share"
                + " 1 - learningRate*weightDecay of the weights, found %s*%s"
                    .formatted(rate, weightDecay));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 1.5, -0.1, Double.NaN})
  void aMomentumIsBelowOne(double momentum) {
    assertThatThrownBy(() -> Cases.optimizer(0.1, 0, momentum))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("momentum: expected 0 to below 1, found " + momentum);
  }

  @Test
  void thePapersLambdaIsHalfTheWeightDecay() {
    assertThat(Cases.optimizer(0.1, 5e-4, 0).lambda()).isEqualTo(2.5e-4);
  }

  @ParameterizedTest
  @CsvSource({"1, 0.5", "60, 0.5", "61, 0.1", "100, 0.1", "101, 0.02", "201, 0.004", "999, 0.004"})
  void theRateFallsInTheEpochAfterEachMilestone(int epoch, double expected) {
    Optimizer optimizer = new Optimizer(0.5, 0, 0, new StepSchedule(List.of(60, 100, 200), 0.2));

    assertThat(optimizer.learningRate(epoch)).isCloseTo(expected, within(1e-15));
  }

  @Test
  void aConstantScheduleChangesNothing() {
    assertThat(Cases.optimizer(0.3, 0, 0).learningRate(10_000)).isEqualTo(0.3);
  }

  @Test
  void milestonesAscendAndFactorsShrink() {
    List<Integer> milestones = new ArrayList<>(List.of(3));
    StepSchedule schedule = new StepSchedule(milestones, 0.1);
    milestones.add(4);

    assertThat(schedule.milestones()).containsExactly(3);
    for (List<Integer> wrong : List.of(List.of(0), List.of(-1), List.of(5, 5), List.of(6, 5))) {
      assertThatThrownBy(() -> new StepSchedule(wrong, 0.1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("schedule milestones: expected ascending epochs from 1 on, found " + wrong);
    }
    for (double wrong : new double[] {0, -1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> new StepSchedule(List.of(), wrong))
          .hasMessage("schedule factor: expected 0 < f <= 1, found " + wrong);
    }
  }
}
