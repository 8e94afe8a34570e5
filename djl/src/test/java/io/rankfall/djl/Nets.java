package io.rankfall.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.Arrays;
import java.util.Random;

/** Small networks and trainings. */
final class Nets {
  static final Shape IMAGES = new Shape(16, 2, 8, 8);
  private static final int CLASSES = 4;

  private Nets() {}

  /** Dropout draws from the engine's generator in every step. */
  static SequentialBlock cnn() {
    return new SequentialBlock()
        .add(
            Conv2d.builder()
                .setFilters(8)
                .setKernelShape(new Shape(3, 3))
                .optPadding(new Shape(1, 1))
                .build())
        .add(BatchNorm.builder().build())
        .add(Activation::relu)
        .add(
            Conv2d.builder()
                .setFilters(12)
                .setKernelShape(new Shape(3, 3))
                .optStride(new Shape(2, 2))
                .optPadding(new Shape(1, 1))
                .build())
        .add(Activation::relu)
        .add(Blocks.batchFlattenBlock())
        .add(Linear.builder().setUnits(32).build())
        .add(Activation::relu)
        .add(Dropout.builder().optRate(0.1f).build())
        .add(Linear.builder().setUnits(CLASSES).build());
  }

  static <B extends Block> B initialized(B block, NDManager manager, Shape input) {
    Engine.getEngine("PyTorch").setRandomSeed(7);
    block.initialize(manager, DataType.FLOAT32, input);
    return block;
  }

  /** Draws biases, which are zero at first, so that losing one shows. */
  static <B extends Block> B withBiases(B block, NDManager manager) {
    block.getParameters().values().stream()
        .filter(p -> p.getName().equals("bias"))
        .forEach(
            p -> {
              try (NDArray drawn = manager.randomNormal(p.getArray().getShape())) {
                drawn.copyTo(p.getArray());
              }
            });
    return block;
  }

  static float[] output(Block block, NDArray input) {
    try (NDManager scope = input.getManager().newSubManager()) {
      return block
          .forward(new ParameterStore(scope, false), new NDList(input), false)
          .singletonOrThrow()
          .toFloatArray();
    }
  }

  static NDArray noise(NDManager manager, Shape shape, long seed) {
    Random random = new Random(seed);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return manager.create(values, shape);
  }

  /** Images whose class is where they are brightest. */
  static ArrayDataset data(NDManager manager, int batches) {
    int count = batches * 16;
    NDArray x = noise(manager, new Shape(count, 2, 8, 8), 3);
    float[] labels = new float[count];
    float[] values = x.toFloatArray();
    for (int i = 0; i < count; i++) {
      labels[i] = i % CLASSES;
      for (int j = 0; j < 32; j++) {
        values[i * 128 + (i % CLASSES) * 32 + j] += 1;
      }
    }
    return new ArrayDataset.Builder()
        .setData(manager.create(values, x.getShape()))
        .optLabels(manager.create(labels, new Shape(count)))
        .setSampling(16, false)
        .build();
  }

  static Trainer trainer(Model model, float learningRate, TrainingListener... listeners) {
    return model.newTrainer(
        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
            .optDevices(new Device[] {Device.cpu()})
            .optOptimizer(
                Optimizer.sgd().setLearningRateTracker(Tracker.fixed(learningRate)).build())
            .addTrainingListeners(listeners));
  }

  static Model model(Block block) {
    Engine.getEngine("PyTorch").setRandomSeed(7);
    Model model = Model.newInstance("net", Device.cpu(), "PyTorch");
    model.setBlock(block);
    return model;
  }

  /** DJL's own loop; the mean loss of the last epoch. */
  static double fit(Trainer trainer, ArrayDataset data, int epochs) throws Exception {
    double sum = 0;
    int count = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
      sum = 0;
      count = 0;
      for (Batch batch : trainer.iterateDataset(data)) {
        EasyTrain.trainBatch(trainer, batch);
        trainer.step();
        try (NDManager scope = trainer.getManager().newSubManager()) {
          NDList x = batch.getData();
          x.attach(scope);
          sum +=
              trainer
                  .getLoss()
                  .evaluate(batch.getLabels(), trainer.evaluate(x))
                  .mean()
                  .toFloatArray()[0];
        }
        count++;
        batch.close();
      }
      trainer.notifyListeners(listener -> listener.onEpoch(trainer));
    }
    return sum / count;
  }

  static float[] weights(Block block) {
    float[] all = new float[0];
    for (Parameter parameter : block.getParameters().values()) {
      float[] more = parameter.getArray().toFloatArray();
      int from = all.length;
      all = Arrays.copyOf(all, from + more.length);
      System.arraycopy(more, 0, all, from, more.length);
    }
    return all;
  }
}
