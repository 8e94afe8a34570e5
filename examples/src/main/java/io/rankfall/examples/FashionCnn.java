package io.rankfall.examples;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.TranslateException;
import io.rankfall.compress.BudgetException;
import io.rankfall.compress.RankPolicy;
import io.rankfall.djl.FactoredBlock;
import io.rankfall.djl.LowRankBlocks;
import io.rankfall.djl.RankListener;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A small convolutional network on Fashion-MNIST, trained by DJL while its ranks are watched, then
 * factored to a quarter of its parameters and trained for one more epoch.
 *
 * <pre>java -cp … io.rankfall.examples.FashionCnn [training images] [epochs] [page.html]</pre>
 */
public final class FashionCnn {
  private static final int SIDE = 28;
  private static final int BATCH = 16;
  private static final int TEST_BATCH = 200;
  private static final float LEARNING_RATE = 0.05f;
  private static final float WEIGHT_DECAY = 1e-3f;
  private static final double SHARE = 0.25;

  private final Dataset data;
  private final int images;
  private final Consumer<String> out;

  private FashionCnn(Dataset data, int images, Consumer<String> out) {
    this.data = data;
    this.images = images;
    this.out = out;
  }

  /** Test accuracies, and parameters as a share of the dense network's. */
  record Result(double dense, double factored, double tuned, double share) {}

  public static void main(String[] args) throws Exception {
    // PyTorch comes from the class path; else DJL asks its makers' servers first.
    System.setProperty("ai.djl.offline", "true");
    int images = args.length > 0 ? Integer.parseInt(args[0]) : 20_000;
    int epochs = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    Path page = Path.of(args.length > 2 ? args[2] : "ranks.html");
    run(images, epochs, page, System.out::println);
  }

  static Result run(int images, int epochs, Path page, Consumer<String> out)
      throws IOException, TranslateException, BudgetException {
    return new FashionCnn(FashionMnist.load(), images, out).run(epochs, page);
  }

  private Result run(int epochs, Path page)
      throws IOException, TranslateException, BudgetException {
    Engine.getEngine("PyTorch").setRandomSeed(1);
    try (Model model = Model.newInstance("cnn", Device.cpu(), "PyTorch")) {
      model.setBlock(network());
      RankListener ranks = RankListener.builder().lines(out).page(page).build();
      double dense = fit(model, epochs, LEARNING_RATE, ranks);
      say("dense: accuracy %.4f", dense);

      FactoredBlock small =
          LowRankBlocks.factor(model.getBlock(), new RankPolicy.ParameterBudget(SHARE));
      model.setBlock(small.block());
      double factored = fit(model, 0, 0, ranks);
      double share = small.plan().share();
      say("factored: accuracy %.4f with %.3f of the parameters", factored, share);
      say("ranks: %s", small.ranks().text());

      double tuned = fit(model, 1, LEARNING_RATE / 5, ranks);
      say("after one more epoch: accuracy %.4f", tuned);
      return new Result(dense, factored, tuned, share);
    }
  }

  private static Block network() {
    return new SequentialBlock()
        .add(convolution(16))
        .add(Activation::relu)
        .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
        .add(convolution(32))
        .add(Activation::relu)
        .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
        .add(Blocks.batchFlattenBlock())
        .add(Linear.builder().setUnits(64).build())
        .add(Activation::relu)
        .add(Linear.builder().setUnits(FashionMnist.classNames().size()).build());
  }

  private static Block convolution(int filters) {
    return Conv2d.builder()
        .setFilters(filters)
        .setKernelShape(new Shape(3, 3))
        .optPadding(new Shape(1, 1))
        .build();
  }

  /** Trains and gives the accuracy on the test images; 0 epochs only evaluate. */
  private double fit(Model model, int epochs, float learningRate, RankListener ranks)
      throws IOException, TranslateException {
    Optimizer sgd =
        Optimizer.sgd()
            .setLearningRateTracker(Tracker.fixed(learningRate))
            .optWeightDecays(WEIGHT_DECAY)
            .build();
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
            .optDevices(new Device[] {Device.cpu()})
            .optOptimizer(sgd)
            .addEvaluator(new Accuracy())
            .addTrainingListeners(TrainingListener.Defaults.basic())
            .addTrainingListeners(ranks);
    try (Trainer trainer = model.newTrainer(config)) {
      trainer.setMetrics(new Metrics());
      trainer.initialize(new Shape(BATCH, 1, SIDE, SIDE));
      NDManager manager = trainer.getManager();
      ArrayDataset train = dataset(data.train().first(images), BATCH, manager);
      EasyTrain.fit(trainer, epochs, train, null);
      EasyTrain.evaluateDataset(trainer, dataset(data.test(), TEST_BATCH, manager));
      return trainer
          .getEvaluators()
          .get(0)
          .getAccumulator(EvaluatorTrainingListener.VALIDATE_EPOCH);
    }
  }

  private static ArrayDataset dataset(Examples examples, int batch, NDManager manager) {
    int count = examples.size();
    float[] labels = new float[count];
    for (int i = 0; i < count; i++) {
      labels[i] = examples.label(i);
    }
    return new ArrayDataset.Builder()
        .setData(manager.create(examples.inputs(0, count), new Shape(count, 1, SIDE, SIDE)))
        .optLabels(manager.create(labels, new Shape(count)))
        .setSampling(batch, true)
        .build();
  }

  private void say(String format, Object... values) {
    out.accept(String.format(Locale.ROOT, format, values));
  }
}
