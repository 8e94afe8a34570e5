package io.rankfall.benchmarks.peers;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.rankfall.train.Batch;
import io.rankfall.train.Examples;
import io.rankfall.train.Mlp;

/** The training loop of DJL's documentation, on its PyTorch engine. */
final class DjlTrainer implements Contender {
  private final Model model;
  private final Trainer trainer;
  private final Steps.Batches batches;
  private final int inputs;
  private final float[] staged;

  DjlTrainer(Steps steps, Examples examples) {
    Mlp mlp = steps.architecture();
    this.inputs = mlp.inputs();
    this.staged = new float[steps.batch() * inputs];
    this.batches = new Steps.Batches(examples, steps.batch());
    this.model = Model.newInstance("mlp", Device.cpu(), "PyTorch");
    model.setBlock(block(mlp));
    Optimizer sgd =
        Optimizer.sgd()
            .setLearningRateTracker(Tracker.fixed((float) Steps.LEARNING_RATE))
            .optMomentum((float) steps.momentum())
            .optWeightDecays((float) Steps.WEIGHT_DECAY)
            .build();
    this.trainer =
        model.newTrainer(
            new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optOptimizer(sgd)
                .optDevices(new Device[] {Device.cpu()}));
    trainer.initialize(new Shape(steps.batch(), inputs));
  }

  private static SequentialBlock block(Mlp mlp) {
    SequentialBlock block = new SequentialBlock();
    for (int width : mlp.hidden()) {
      block.add(Linear.builder().setUnits(width).build());
      if (mlp.normalization() == Mlp.Normalization.BATCH) {
        block.add(BatchNorm.builder().build());
      }
      block.add(Activation.reluBlock());
    }
    return block.add(Linear.builder().setUnits(mlp.outputs()).build());
  }

  @Override
  public double measure(double seconds) throws Exception {
    return Contender.repeat(this::step, seconds);
  }

  private void step() {
    Batch batch = batches.next();
    batch.copyInputs(staged);
    long[] classes = new long[batch.size()];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = batch.label(i);
    }
    try (NDManager scope = trainer.getManager().newSubManager()) {
      NDArray x = scope.create(staged, new Shape(batch.size(), inputs));
      NDArray y = scope.create(classes);
      try (GradientCollector collector = trainer.newGradientCollector()) {
        NDArray predictions = trainer.forward(new NDList(x)).singletonOrThrow();
        collector.backward(trainer.getLoss().evaluate(new NDList(y), new NDList(predictions)));
      }
      trainer.step();
    }
  }

  @Override
  public void close() {
    trainer.close();
    model.close();
  }
}
