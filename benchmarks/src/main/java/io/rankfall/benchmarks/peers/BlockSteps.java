package io.rankfall.benchmarks.peers;

import io.rankfall.train.Architecture;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.InputShape;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepSchedule;

/** Our training steps of ResNet-18 through DJL, with momentum 0.9. */
final class BlockSteps implements Contender {
  private final Learner learner;
  private final Steps.Batches batches;

  BlockSteps(Examples examples, int batch) {
    Optimizer optimizer =
        new Optimizer(Steps.LEARNING_RATE, Steps.WEIGHT_DECAY, 0.9, StepSchedule.CONSTANT);
    this.learner =
        LearnerKind.DJL.start(
            Architecture.named("resnet18", new InputShape(3, 32, 32), 10)
                .initialize(Initialization.HE, 1),
            optimizer,
            batch);
    this.batches = new Steps.Batches(examples, batch);
  }

  @Override
  public double measure(double seconds) throws Exception {
    return Contender.repeat(() -> learner.step(batches.next(), Steps.LEARNING_RATE), seconds);
  }

  @Override
  public void close() {
    learner.close();
  }
}
