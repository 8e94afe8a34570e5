package io.rankfall.study.recording;

import io.rankfall.train.Dataset;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Run;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Recordings of one layer that differ in batch size, learning rate and weight decay alone, one for
 * each choice of the three.
 *
 * @param all in the order of their settings
 */
public record Recordings(List<Recording> all) {
  public Recordings {
    all = List.copyOf(all);
    if (all.isEmpty()) {
      throw new IllegalArgumentException("recordings: expected at least one, found none");
    }
    long choices =
        levels(all, RunSpec::batchSize)
            * levels(all, spec -> spec.optimizer().learningRate())
            * levels(all, spec -> spec.optimizer().weightDecay());
    long different =
        levels(
            all,
            spec ->
                List.of(
                    spec.batchSize(),
                    spec.optimizer().learningRate(),
                    spec.optimizer().weightDecay()));
    if (all.size() != choices || different != choices) {
      throw new IllegalArgumentException(
          "recordings: expected one for each of %d choices of batch size, learning rate and weight decay, found %d of %d"
              .formatted(choices, all.size(), different));
    }
  }

  private static long levels(List<Recording> all, Function<RunSpec, Object> setting) {
    return all.stream().map(Recording::spec).map(setting).distinct().count();
  }

  /**
   * What is to be recorded.
   *
   * @param hidden widths of the hidden layers
   * @param layer counted from 0
   * @param steps of every training at least: it ends with the epoch that reaches them, and is
   *     recorded up to them
   * @param frames see {@link FrameSteps#cubic}
   */
  public record Plan(
      List<Integer> hidden,
      int layer,
      List<Integer> batchSizes,
      List<Double> learningRates,
      List<Double> weightDecays,
      long steps,
      int frames,
      long seed) {
    /** Eight trainings: 1.4 MB in a page. */
    public static final Plan DEFAULT =
        new Plan(
            List.of(24, 24),
            1,
            List.of(4, 32),
            List.of(0.01, 0.05),
            List.of(0.0, 5e-3),
            60_000,
            100,
            1);

    public Plan {
      hidden = List.copyOf(hidden);
      batchSizes = List.copyOf(batchSizes);
      learningRates = List.copyOf(learningRates);
      weightDecays = List.copyOf(weightDecays);
      if (layer < 0 || layer > hidden.size()) {
        throw new IllegalArgumentException(
            "recorded layer: expected 0 to %d, found %d".formatted(hidden.size(), layer));
      }
      if (batchSizes.isEmpty() || learningRates.isEmpty() || weightDecays.isEmpty()) {
        throw new IllegalArgumentException(
            "recordings: expected a batch size, a learning rate and a weight decay, found none");
      }
    }

    /** One a training. */
    List<RunSpec> specs(Dataset dataset) {
      Mlp mlp =
          new Mlp(
              dataset.train().features(),
              hidden,
              dataset.train().classes(),
              Mlp.Normalization.NONE);
      List<RunSpec> specs = new ArrayList<>();
      for (int batchSize : batchSizes) {
        for (double learningRate : learningRates) {
          for (double weightDecay : weightDecays) {
            specs.add(
                new RunSpec(
                    dataset.name(),
                    mlp,
                    Initialization.HE,
                    batchSize,
                    new Optimizer(learningRate, weightDecay, 0, StepSchedule.CONSTANT),
                    epochs(dataset.train().size(), batchSize),
                    seed,
                    LearnerKind.FUSED));
          }
        }
      }
      return specs;
    }

    private int epochs(int examples, int batchSize) {
      long stepsPerEpoch = ((long) examples + batchSize - 1) / batchSize;
      return Math.toIntExact((steps + stepsPerEpoch - 1) / stepsPerEpoch);
    }
  }

  /** Hears of what is done. */
  @FunctionalInterface
  public interface Progress {
    /** Before the first recording, and after each. */
    void onRecorded(int done, int all);
  }

  /**
   * Trains and records, one training after another.
   *
   * @throws InterruptedException if the thread was interrupted; nothing is recorded
   */
  public static Recordings make(Dataset dataset, Plan plan, Progress progress)
      throws InterruptedException {
    Trainer trainer = new Trainer(dataset);
    List<RunSpec> specs = plan.specs(dataset);
    List<Recording> made = new ArrayList<>();
    progress.onRecorded(0, specs.size());
    for (RunSpec spec : specs) {
      LayerRecorder recorder =
          new LayerRecorder(spec, plan.layer(), FrameSteps.cubic(plan.steps(), plan.frames()));
      Run run = trainer.train(spec, recorder);
      made.add(recorder.recording(run.outcome()));
      progress.onRecorded(made.size(), specs.size());
    }
    return new Recordings(made);
  }
}
