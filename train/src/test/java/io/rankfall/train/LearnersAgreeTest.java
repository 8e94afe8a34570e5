package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.Mlp.Normalization;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both learners, given the same network and real images, stay together. */
final class LearnersAgreeTest {
  private static final int STEPS = 50;

  @ParameterizedTest
  @CsvSource({
    "NONE,  1,   0,     0",
    "NONE,  1,   0.001, 0.9",
    "NONE,  4,   0,     0",
    "NONE,  4,   0.001, 0",
    "NONE,  16,  0.001, 0.9",
    "NONE,  128, 0,     0.9",
    "NONE,  128, 0.001, 0",
    "BATCH, 16,  0.001, 0",
    "BATCH, 128, 0,     0",
    "BATCH, 128, 0.001, 0.9"
  })
  void afterFiftyStepsTheyHaveTheSameParameters(
      Normalization normalization, int size, double weightDecay, double momentum) {
    double rate = 0.01;
    Optimizer optimizer = Cases.optimizer(rate, weightDecay, momentum);
    Network initial = Cases.network(new Mlp(784, List.of(64, 48), 10, normalization), 7);
    Examples images = Cases.fashion().train();
    Examples unseen = Cases.fashion().test().first(1000);
    try (Learner fused = LearnerKind.FUSED.start(initial, optimizer, size);
        Learner djl = LearnerKind.DJL.start(initial, optimizer, size)) {
      for (int s = 0; s < STEPS; s++) {
        int rows = s == STEPS - 1 ? size / 2 + 1 : size;
        Batch batch = Batch.range(images, s * size, rows);
        StepResult expected = djl.step(batch, rate);
        StepResult found = fused.step(batch, rate);
        assertThat(found.loss()).isCloseTo(expected.loss(), within(1e-4 * expected.loss()));
      }
      Cases.assertClose(fused.network(), djl.network(), Cases.SINGLE_PRECISION_TOLERANCE);
      Cases.assertClose(
          fused.logits(unseen, 0, 1000),
          djl.logits(unseen, 0, 1000),
          Cases.SINGLE_PRECISION_TOLERANCE);
      Evaluation expected = djl.evaluate(unseen);
      Evaluation found = fused.evaluate(unseen);
      assertThat(found.loss()).isCloseTo(expected.loss(), within(1e-4 * expected.loss()));
      assertThat(found.accuracy()).isCloseTo(expected.accuracy(), within(0.001));
    }
  }
}
