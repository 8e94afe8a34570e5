package io.rankfall.study;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Compression;
import io.rankfall.compress.CompressionListener;
import io.rankfall.compress.CompressionReport;
import io.rankfall.compress.LabelledInputs;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import io.rankfall.compress.Rows;
import io.rankfall.train.Architecture;
import io.rankfall.train.Evaluation;
import io.rankfall.train.Examples;
import io.rankfall.train.InputShape;
import io.rankfall.train.LocalPerceptron;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import io.rankfall.train.Run;
import io.rankfall.train.RunSpec;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.graph.Layer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A small network in one go: a run's network is compressed to a budget, a perceptron's first layer
 * by what its units see, trained on, written and measured. Factors are fitted to training examples;
 * test examples are only measured on.
 */
public final class Shrinking {
  public static final String SMALL = "small.onnx";

  /** Training examples that factors are fitted to. */
  public static final int CALIBRATION_EXAMPLES = 2_000;

  /**
   * T·µ·wd that {@link #weightDecay} aims at: nearly all of how far ranks fell in the study of
   * docs/results.md followed from it.
   */
  private static final double FORGETTING = 7.5;

  /** Of a budget, at most, for the weights of a local layer. */
  private static final double LOCAL_SHARE = 0.4;

  private static final double LEAST_DECAY = 2e-4;
  private static final double MOST_DECAY = 2e-3;
  private static final double MOST_LOCAL_DECAY = 5e-4;

  private final Path folder;
  private final TrainedRun run;

  /**
   * @param folder of the run, as {@link RunFiles} wrote it
   */
  public Shrinking(Path folder, TrainedRun run) {
    this.folder = folder;
    this.run = run;
  }

  /**
   * What became of it.
   *
   * @param report of the written file beside the dense one
   * @param tuning the training of the compressed network in the last stage; epoch 0 is before it
   */
  public record Result(CompressionReport report, Run tuning) {
    /** On the test examples, as compressed, in the last stage. */
    public Evaluation before() {
      return tuning.epochs().get(0).test();
    }
  }

  /**
   * The weight decay at which a training forgets its initial weights seven and a half times over,
   * 7.5/(T·µ), between 2e-4 and 2e-3.
   *
   * @param examples to train on
   */
  public static double weightDecay(int examples, int batchSize, double learningRate, int epochs) {
    double steps = Math.ceil((double) examples / batchSize) * epochs;
    return Math.max(LEAST_DECAY, Math.min(MOST_DECAY, FORGETTING / (steps * learningRate)));
  }

  /**
   * The perceptron whose first layer sees squares of the image, with as many units as the whole one
   * has or two fifths of the budget allow.
   *
   * @param side of a square
   * @throws IllegalArgumentException in one line, if there is none, or the budget is above what it
   *     would have
   */
  public static LocalPerceptron local(
      Architecture whole, InputShape image, ParameterBudget budget, int side) {
    if (!(whole instanceof Mlp mlp)) {
      throw new IllegalArgumentException(
          "local layer: expected a perceptron of plain layers, found " + whole.shortLabel());
    }
    double numbers = budget.share() * whole.parameters();
    int squares = new LocalPerceptron(mlp, image, side, 1).first().squares();
    int units = (int) Math.min(mlp.hidden().get(0) / squares, LOCAL_SHARE * numbers / mlp.inputs());
    if (units < 1) {
      throw new IllegalArgumentException(
          "local layer: expected a unit for each of %d squares, found a budget of %.0f parameters and %d units"
              .formatted(squares, numbers, mlp.hidden().get(0)));
    }
    LocalPerceptron local = new LocalPerceptron(mlp, image, side, units);
    if (local.parameters() < numbers) {
      throw new IllegalArgumentException(
          "local layer: expected a budget below the %,d parameters that it leaves, found %,.0f"
              .formatted(local.parameters(), numbers));
    }
    return local;
  }

  /** Twice the run's: its first layer begins far from what it will be. */
  public static int localEpochs(RunSpec spec) {
    return 2 * spec.epochs();
  }

  /**
   * How a local network is trained on: at the run's first learning rate, and with the {@link
   * #weightDecay} of that many epochs, but at most the run's and 5e-4.
   *
   * @param examples to train on
   */
  public static FineTuning.Recipe localRecipe(RunSpec spec, int examples, int epochs) {
    FineTuning.Recipe usual = FineTuning.Recipe.of(spec);
    double rate = spec.optimizer().learningRate();
    double most = Math.min(MOST_LOCAL_DECAY, spec.optimizer().weightDecay());
    double decay = Math.min(most, weightDecay(examples, spec.batchSize(), rate, epochs));
    return new FineTuning.Recipe(epochs, rate, decay, usual.distillation(), usual.stages());
  }

  /**
   * Compresses, trains on and writes {@link #SMALL} into the run's folder.
   *
   * @param budget of parameters, as a share of the dense network's
   * @param local what the run's perceptron becomes first, if it does
   * @param recipe of the network that becomes the file
   * @throws BudgetException if no ranks meet the budget; nothing is written then
   */
  public Result shrink(
      ParameterBudget budget,
      Optional<LocalPerceptron> local,
      FineTuning.Recipe recipe,
      Progress progress)
      throws IOException, BudgetException {
    Examples train = run.dataset().train();
    Examples some = train.first(Math.min(CALIBRATION_EXAMPLES, train.size()));
    ModelInputs calibration = inputs(some);
    Network start = local.map(l -> l.near(run.network(), some)).orElse(run.network());
    Examples test = run.dataset().test();
    LabelledInputs testData =
        new LabelledInputs(run.spec().dataset() + " test", inputs(test), labels(test));
    try (Stages stages =
        new Stages(
            folder.resolve(RunFiles.ONNX),
            run,
            start,
            recipe,
            (from, goal) ->
                Compression.of(from, goal)
                    .calibration(calibration)
                    .listener(progress.compression()),
            progress.training())) {
      Compression last = stages.last(budget).testData(testData);
      local.ifPresent(l -> last.replaced(List.of(replaced(l))));
      return new Result(last.write(folder.resolve(SMALL)), stages.tuning());
    }
  }

  private static RankPlan.Layer replaced(LocalPerceptron local) {
    Layer.Local first = local.first();
    int outputs = first.squares() * first.units();
    return new RankPlan.Layer(
        "fc1",
        local.whole().hidden().get(0),
        local.whole().inputs(),
        new RankPlan.Replaced("local", local.description()),
        (long) outputs * first.inputs(),
        0,
        outputs,
        local.whole().inputs());
  }

  /** Who hears of both parts. */
  public record Progress(CompressionListener compression, TrainingListener training) {}

  private static ModelInputs inputs(Examples examples) {
    return ModelInputs.of(Rows.of(examples.features(), examples.inputs(0, examples.size())));
  }

  private static Optional<Rows> labels(Examples examples) {
    int[] labels = examples.labels();
    float[] numbers = new float[labels.length];
    for (int i = 0; i < labels.length; i++) {
      numbers[i] = labels[i];
    }
    return Optional.of(Rows.of(1, numbers));
  }
}
