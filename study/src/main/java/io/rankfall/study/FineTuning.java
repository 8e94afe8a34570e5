package io.rankfall.study;

import io.rankfall.compress.Compression;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.RankPlan;
import io.rankfall.train.CosineSchedule;
import io.rankfall.train.Dataset;
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
 * Trains a compressed network on, with the ranks that it has: by the run's own recipe, but for the
 * learning rate, which falls from a share of the run's to 0 along a cosine.
 */
public final class FineTuning implements Compression.Refinement {
  /** Of the run's first learning rate. */
  public static final double RATE_SHARE = 0.5;

  private final RunSpec spec;
  private final Dataset dataset;
  private final int epochs;
  private final double learningRate;
  private final TrainingListener listener;
  private @Nullable Run run;

  /**
   * @param spec of the run whose exported network is compressed
   * @param dataset that it was trained on
   * @param epochs from 1 on
   * @param learningRate before the cosine
   */
  public FineTuning(
      RunSpec spec, Dataset dataset, int epochs, double learningRate, TrainingListener listener) {
    this.spec = spec;
    this.dataset = dataset;
    this.epochs = epochs;
    this.learningRate = learningRate;
    this.listener = listener;
  }

  @Override
  public Compression.Refined refine(OnnxModel model, RankPlan plan) throws IOException {
    CompressedNetwork compressed =
        new CompressedNetwork(spec.architecture(), plan, model, "compressed network");
    Network before = compressed.network();
    try {
      Run tuned = new Trainer(dataset).train(spec(before), before, listener);
      run = tuned;
      if (tuned.outcome() instanceof RunOutcome.Completed completed) {
        return new Compression.Refined(compressed.with(completed.network()), note(tuned));
      }
      throw new IOException(
          "fine-tuning: expected a training that converges, found %s at learning rate %s; give a smaller one"
              .formatted(tuned.outcome(), learningRate));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException stopped = new InterruptedIOException("fine-tuning interrupted");
      stopped.initCause(e);
      throw stopped;
    }
  }

  private String note(Run tuned) {
    return "the compressed network was trained on for %d epochs of %s: test accuracy %.2f %% before, %.2f %% after"
        .formatted(
            epochs,
            dataset.name(),
            100 * tuned.epochs().get(0).test().accuracy(),
            100 * tuned.epochs().get(tuned.epochs().size() - 1).test().accuracy());
  }

  private RunSpec spec(Network before) {
    Optimizer whole = spec.optimizer();
    Optimizer optimizer =
        new Optimizer(
            learningRate,
            whole.weightDecay(),
            whole.momentum(),
            new CosineSchedule(epochs, 0),
            whole.method(),
            whole.decayOn(),
            whole.clipNorm());
    return new RunSpec(
        spec.dataset(),
        before.architecture(),
        spec.initialization(),
        spec.batchSize(),
        optimizer,
        epochs,
        spec.seed(),
        LearnerKind.fastest(before.architecture(), optimizer),
        spec.loss());
  }

  /** What {@link #refine} trained; epoch 0 is the compressed network as it was. */
  public Run run() {
    if (run == null) {
      throw new IllegalStateException("fine-tuning: expected refine() before run()");
    }
    return run;
  }
}
