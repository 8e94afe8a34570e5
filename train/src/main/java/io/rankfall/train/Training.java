package io.rankfall.train;

import io.rankfall.spectra.NonFiniteException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One training under way. */
final class Training {
  private final Trainer trainer;
  private final Dataset dataset;
  private final RunSpec spec;
  private final List<StopRule> rules;
  private final Learner learner;
  private final TrainingListener listener;
  private final List<EpochRecord> epochs = new ArrayList<>();
  private final Supplier<Checkpoint> checkpoint = this::checkpoint;
  private final double secondsBefore;
  private final long start = System.nanoTime();
  private PartialEpoch partial = PartialEpoch.NONE;

  /**
   * @param learner at the spec's initial weights
   * @param from where to go on, or null
   */
  Training(
      Trainer trainer,
      RunSpec spec,
      List<StopRule> rules,
      Learner learner,
      TrainingListener listener,
      @Nullable Checkpoint from) {
    this.trainer = trainer;
    this.dataset = trainer.dataset();
    this.spec = spec;
    this.rules = List.copyOf(rules);
    this.learner = learner;
    this.listener = listener;
    this.secondsBefore = from == null ? 0 : from.seconds();
    if (from != null) {
      learner.restore(from.state());
      epochs.addAll(from.epochs());
      partial = from.partial();
    }
  }

  private double seconds() {
    return secondsBefore + (System.nanoTime() - start) * 1e-9;
  }

  private Checkpoint checkpoint() {
    return new Checkpoint(spec, dataset.sha256(), learner.state(), epochs, partial, seconds());
  }

  Run run() throws InterruptedException {
    RunOutcome outcome = outcome();
    if (outcome instanceof RunOutcome.Trained) {
      listener.onTrained(checkpoint);
    } else if (outcome instanceof RunOutcome.Diverged diverged) {
      listener.onDiverged(diverged);
    }
    return new Run(spec, outcome, epochs, seconds());
  }

  private RunOutcome outcome() throws InterruptedException {
    start();
    if (epochs.isEmpty()) {
      Network network = learner.network();
      record(0, spec.optimizer().learningRate(1), null, network, RankProbe.measure(network));
    }
    while (true) {
      int finished = epochs.size() - 1;
      RunOutcome.Stopped stopped = finished == 0 || partial.steps() > 0 ? null : stopped(finished);
      if (stopped != null) {
        return stopped;
      }
      if (finished == spec.epochs()) {
        return new RunOutcome.Completed(learner.network());
      }
      RunOutcome.Diverged diverged = epoch(finished + 1);
      if (diverged != null) {
        return diverged;
      }
    }
  }

  private void start() {
    List<GradientListener> listeners = new ArrayList<>();
    listener.onStart(learner, listeners::add, Math.max(0, epochs.size() - 1));
    listeners.stream().reduce(GradientListener::andThen).ifPresent(learner::listen);
  }

  private RunOutcome.@Nullable Stopped stopped(int epoch) {
    for (StopRule rule : rules) {
      String reason = rule.reason(epochs);
      if (reason != null) {
        return new RunOutcome.Stopped(learner.network(), epoch, rule, reason);
      }
    }
    return null;
  }

  private void record(
      int epoch,
      double learningRate,
      @Nullable Evaluation training,
      Network network,
      List<LayerSpectrum> spectra) {
    Examples validation = dataset.validation();
    EpochRecord record =
        new EpochRecord(
            epoch,
            learningRate,
            training,
            validation == null ? null : learner.evaluate(validation),
            learner.evaluate(dataset.test()),
            spectra);
    epochs.add(record);
    partial = PartialEpoch.NONE;
    listener.onEpoch(record);
    listener.onNetwork(record, network);
    listener.onCheckpoint(epoch, checkpoint);
  }

  private RunOutcome.@Nullable Diverged epoch(int epoch) throws InterruptedException {
    Examples train = dataset.train().augmented(spec.augmentation(), spec.seed(), epoch);
    int[] order = Trainer.order(train.size(), spec.seed(), epoch);
    int done = partial.steps() * spec.batchSize();
    try (Batches batches = new Batches(train, order, done, spec.batchSize(), trainer.assembly())) {
      return epoch(epoch, batches);
    }
  }

  private RunOutcome.@Nullable Diverged epoch(int epoch, Batches batches)
      throws InterruptedException {
    double learningRate = spec.optimizer().learningRate(epoch);
    while (batches.hasNext()) {
      listener.beforeStep(epoch, partial.steps(), checkpoint);
      if (Thread.interrupted()) {
        throw new InterruptedException("training interrupted");
      }
      Batch batch = batches.next();
      trainer.teach(batch);
      StepResult result = learner.step(batch, learningRate);
      int step = partial.steps() + 1;
      if (!Double.isFinite(result.loss())) {
        return new RunOutcome.Diverged(epoch, step, "loss is " + result.loss());
      }
      partial = partial.plus(result, batch.size());
      listener.onStep(epoch, step, result);
    }
    Network network = learner.network();
    List<LayerSpectrum> spectra;
    try {
      spectra = RankProbe.measure(network);
    } catch (NonFiniteException e) {
      return new RunOutcome.Diverged(epoch, partial.steps(), String.valueOf(e.getMessage()));
    }
    record(epoch, learningRate, partial.mean(dataset.train()), network, spectra);
    return null;
  }
}
