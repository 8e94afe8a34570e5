package io.rankfall.study;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Compression;
import io.rankfall.compress.CompressionListener;
import io.rankfall.compress.CompressionReport;
import io.rankfall.compress.LabelledInputs;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.RankPolicy;
import io.rankfall.compress.Rows;
import io.rankfall.train.Evaluation;
import io.rankfall.train.Examples;
import io.rankfall.train.Run;
import io.rankfall.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A small network in one go: a run's network is compressed to a budget, trained on, written and
 * measured. Factors are fitted to training examples; test examples are only measured on.
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

  private static final double LEAST_DECAY = 2e-4;
  private static final double MOST_DECAY = 2e-3;

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
   * Compresses, trains on and writes {@link #SMALL} into the run's folder.
   *
   * @param budget of parameters, as a share of the dense network's
   * @param recipe of the network that becomes the file
   * @throws BudgetException if no ranks meet the budget; nothing is written then
   */
  public Result shrink(
      RankPolicy.ParameterBudget budget, FineTuning.Recipe recipe, Progress progress)
      throws IOException, BudgetException {
    Examples train = run.dataset().train();
    ModelInputs calibration = inputs(train.first(Math.min(CALIBRATION_EXAMPLES, train.size())));
    Examples test = run.dataset().test();
    LabelledInputs testData =
        new LabelledInputs(run.spec().dataset() + " test", inputs(test), labels(test));
    try (Stages stages =
        new Stages(
            folder.resolve(RunFiles.ONNX),
            run,
            recipe,
            (from, goal) ->
                Compression.of(from, goal)
                    .calibration(calibration)
                    .listener(progress.compression()),
            progress.training())) {
      CompressionReport report =
          stages.last(budget).testData(testData).write(folder.resolve(SMALL));
      return new Result(report, stages.tuning());
    }
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
