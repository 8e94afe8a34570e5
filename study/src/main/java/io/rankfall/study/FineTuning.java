package io.rankfall.study;

import io.rankfall.compress.Compression;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.RankPlan;
import io.rankfall.train.Architecture;
import io.rankfall.train.Classifier;
import io.rankfall.train.CosineSchedule;
import io.rankfall.train.Distillation;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Network;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Trains a compressed network on, with the ranks that it has: by the run's own recipe, but for a
 * weight decay of its own and the learning rate, which falls to 0 along a cosine.
 */
public final class FineTuning implements Compression.Refinement {
  /** Of the run's first learning rate. */
  public static final double RATE_SHARE = 0.5;

  /** Learning rates that are tried, each half of the one before. */
  private static final int ATTEMPTS = 5;

  /** Larger temperatures make steps of the run's learning rate diverge. */
  public static final double TEACHER_TEMPERATURE = 2;

  private final TrainedRun dense;
  private final Architecture compressed;
  private final Recipe recipe;
  private final TrainingListener listener;
  private @Nullable Run run;
  private @Nullable Network tuned;

  /**
   * How a compressed network is trained on.
   *
   * @param epochs from 1 on
   * @param learningRate before the cosine; halved where the training diverges
   * @param weightDecay of it
   * @param distillation how far it follows the dense network's outputs; only where the run's loss
   *     is the cross-entropy, and not at all by default
   * @param stages in which a budget is reached, each keeping the same share of the parameters of
   *     the one before; they share the epochs
   */
  public record Recipe(
      int epochs, double learningRate, double weightDecay, Distillation distillation, int stages) {
    public Recipe {
      if (epochs < 1) {
        throw new IllegalArgumentException("epochs of fine-tuning: expected >= 1, found " + epochs);
      }
      if (stages < 1 || stages > epochs) {
        throw new IllegalArgumentException(
            "stages: expected 1 to the %d epochs of fine-tuning, found %d"
                .formatted(epochs, stages));
      }
    }

    /** Of one stage, from 1 on. The last one has the epochs that are left. */
    Recipe ofStage(int stage) {
      int each = epochs / stages;
      int its = stage < stages ? each : epochs - (stages - 1) * each;
      return new Recipe(its, learningRate, weightDecay, distillation, 1);
    }

    /** That of a run by default. */
    public static Recipe of(RunSpec spec) {
      return new Recipe(
          Math.max(1, spec.epochs() / 2),
          RATE_SHARE * spec.optimizer().learningRate(),
          spec.optimizer().weightDecay(),
          new Distillation(0, TEACHER_TEMPERATURE),
          1);
    }
  }

  /**
   * @param dense the run that the network was made of
   * @param compressed what the exported network is that is compressed: the run's, or a local one
   */
  public FineTuning(
      TrainedRun dense, Architecture compressed, Recipe recipe, TrainingListener listener) {
    this.dense = dense;
    this.compressed = compressed;
    this.recipe = recipe;
    this.listener = listener;
  }

  /** Where the run's own network is compressed. */
  public FineTuning(TrainedRun dense, Recipe recipe, TrainingListener listener) {
    this(dense, dense.spec().architecture(), recipe, listener);
  }

  @Override
  public Compression.Refined refine(OnnxModel model, RankPlan plan) throws IOException {
    CompressedNetwork small = new CompressedNetwork(compressed, plan, model, "compressed network");
    try {
      Network result = train(small.network());
      tuned = result;
      return new Compression.Refined(small.with(result), note(run()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException stopped = new InterruptedIOException("fine-tuning interrupted");
      stopped.initCause(e);
      throw stopped;
    }
  }

  /** Where a training diverges, the next has half its learning rate. */
  private Network train(Network before) throws IOException, InterruptedException {
    double rate = recipe.learningRate;
    for (int attempt = 1; ; attempt++) {
      Run trained = train(spec(before, rate), before);
      run = trained;
      if (trained.outcome() instanceof RunOutcome.Completed completed) {
        return completed.network();
      }
      if (attempt == ATTEMPTS) {
        throw new IOException(
            "fine-tuning: expected a training that converges, found one that diverged at %s at learning rate %s; give a smaller one"
                .formatted(((RunOutcome.Diverged) trained.outcome()).message(), rate));
      }
      rate /= 2;
    }
  }

  private Run train(RunSpec tuning, Network before) throws InterruptedException {
    Trainer trainer = new Trainer(dense.dataset());
    if (recipe.distillation.share() == 0) {
      return trainer.train(tuning, before, listener);
    }
    try (Classifier teacher =
        LearnerKind.fastest(dense.network().architecture(), tuning.optimizer())
            .start(dense.network(), tuning.optimizer(), tuning.batchSize())) {
      return trainer.taughtBy(teacher, recipe.distillation).train(tuning, before, listener);
    }
  }

  private String note(Run tuned) {
    return "the compressed network was trained on for %d epochs of %s from learning rate %s on: test accuracy %.2f %% before, %.2f %% after"
        .formatted(
            recipe.epochs,
            dense.dataset().name(),
            tuned.spec().optimizer().learningRate(),
            100 * tuned.epochs().get(0).test().accuracy(),
            100 * tuned.epochs().get(tuned.epochs().size() - 1).test().accuracy());
  }

  private RunSpec spec(Network before, double learningRate) {
    Optimizer whole = dense.spec().optimizer();
    Optimizer optimizer =
        new Optimizer(
            learningRate,
            recipe.weightDecay,
            whole.momentum(),
            new CosineSchedule(recipe.epochs, 0),
            whole.method(),
            whole.decayOn(),
            whole.clipNorm());
    return dense.spec().with(before.architecture(), optimizer, recipe.epochs);
  }

  /** What {@link #refine} trained; epoch 0 is the compressed network as it was. */
  public Run run() {
    return requireRefined(run);
  }

  /** What came of it. */
  Network network() {
    return requireRefined(tuned);
  }

  private static <T> T requireRefined(@Nullable T result) {
    if (result == null) {
      throw new IllegalStateException("fine-tuning: expected refine() before, found none");
    }
    return result;
  }
}
