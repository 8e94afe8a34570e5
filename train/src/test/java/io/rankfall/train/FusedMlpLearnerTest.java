package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.train.Mlp.Normalization;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FusedMlpLearnerTest extends LearnerContract {
  @Override
  LearnerKind kind() {
    return LearnerKind.FUSED;
  }

  /**
   * It works on buffers of its own that grow with neither the batches before nor an evaluation in
   * between.
   */
  @Test
  void anEvaluationBetweenStepsLeavesTheTrainingAsItWas() {
    Mlp mlp = new Mlp(784, List.of(20, 15), 10, Normalization.BATCH);
    Network initial = mlp.initialize(Initialization.HE, 4);
    Examples examples = Cases.fashion().train();
    Optimizer optimizer = Cases.optimizer(0.1, 1e-3, 0);
    try (Learner disturbed = kind().start(initial, optimizer, 16);
        Learner alone = kind().start(initial, optimizer, 16)) {
      for (int s = 0; s < 5; s++) {
        disturbed.logits(examples, 0, 300);
        Batch batch = Batch.range(examples, 16 * s, s == 4 ? 9 : 16);
        assertThat(disturbed.step(batch, 0.1)).isEqualTo(alone.step(batch, 0.1));
      }
      assertThat(disturbed.network()).isEqualTo(alone.network()).isNotEqualTo(initial);
    }
  }

  /** The second layer's weights are more than one block of the pass backward. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.9})
  void weightsOfSeveralBlocksAreAllPropagatedAndUpdated(double momentum) {
    Mlp mlp = new Mlp(30, List.of(1500, 200), 10, Normalization.NONE);
    Network initial = mlp.initialize(Initialization.HE, 4);
    Examples examples = Cases.noise(40, 30, 10, 2);
    Optimizer optimizer = Cases.optimizer(0.05, 1e-3, momentum);
    ReferenceMlp reference = new ReferenceMlp(initial, optimizer);
    try (Learner learner = kind().start(initial, optimizer, 8)) {
      for (int s = 0; s < 5; s++) {
        Batch batch = Batch.range(examples, 8 * s, 8);
        reference.step(batch, 0.05);
        learner.step(batch, 0.05);
      }
      Cases.assertClose(
          learner.network(), reference.network(initial), Cases.SINGLE_PRECISION_TOLERANCE);
    }
  }
}
