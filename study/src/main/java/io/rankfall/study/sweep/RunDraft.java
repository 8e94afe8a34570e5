package io.rankfall.study.sweep;

import io.rankfall.train.FashionMnist;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import java.util.List;

/** A run's settings while they are put together; the values here are the defaults. */
final class RunDraft {
  private static final int INPUTS = 784;
  private static final int OUTPUTS = 10;
  private static final int EXAMPLES = 60_000;

  List<Integer> hidden = List.of(512, 512, 512);
  Mlp.Normalization normalization = Mlp.Normalization.NONE;
  Initialization initialization = Initialization.HE;
  int batchSize = 16;
  double learningRate = 0.1;
  double weightDecay = 1e-3;
  double momentum;
  int epochs = 20;
  List<Integer> milestones = List.of();
  double decayFactor = 0.2;
  long seed = 1;
  LearnerKind learner = LearnerKind.FUSED;

  /**
   * Milestones behind the last epoch are no error: more epochs may be asked for later.
   *
   * @throws IllegalArgumentException if the settings do not go together
   */
  RunSpec spec() {
    if (batchSize > EXAMPLES) {
      throw new IllegalArgumentException(
          "batch size: expected at most the %d training examples, found %d"
              .formatted(EXAMPLES, batchSize));
    }
    return new RunSpec(
        FashionMnist.NAME,
        new Mlp(INPUTS, hidden, OUTPUTS, normalization),
        initialization,
        batchSize,
        new Optimizer(
            learningRate, weightDecay, momentum, new StepSchedule(milestones, decayFactor)),
        epochs,
        seed,
        learner);
  }
}
