package io.rankfall.benchmarks.peers;

import ai.djl.ndarray.types.Shape;
import io.rankfall.train.BlockLearner;
import io.rankfall.train.Examples;
import io.rankfall.train.Optimizer;
import io.rankfall.train.ResNet18;
import io.rankfall.train.StepSchedule;

/** Our training steps of ResNet-18 through DJL, with momentum 0.9. */
final class BlockSteps implements Contender {
  private final BlockLearner learner;
  private final Steps.Batches batches;

  BlockSteps(Examples examples, int batch) {
    Optimizer optimizer =
        new Optimizer(Steps.LEARNING_RATE, Steps.WEIGHT_DECAY, 0.9, StepSchedule.CONSTANT);
    this.learner = new BlockLearner(ResNet18.block(10, 1), new Shape(3, 32, 32), optimizer);
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
