package io.rankfall.train;

import io.rankfall.spectra.NonFiniteException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Trains one network after another on one data set; may be used by several threads at once. */
public final class Trainer {
  private final Dataset dataset;
  private final Assembly assembly;

  /** Batches are assembled ahead if there is a core for it. */
  public Trainer(Dataset dataset) {
    this(
        dataset,
        Runtime.getRuntime().availableProcessors() > 1 ? Assembly.AHEAD : Assembly.IN_TURN);
  }

  public Trainer(Dataset dataset, Assembly assembly) {
    this.dataset = dataset;
    this.assembly = assembly;
  }

  /**
   * Trains from the initial weights that {@code spec.seed()} draws on. Each epoch visits every
   * training example once, in an order fixed by seed and epoch.
   *
   * @return the run, {@link RunOutcome.Diverged} at the first loss or weight that is not finite
   * @throws InterruptedException if the thread was interrupted; the run is abandoned
   */
  public Run train(RunSpec spec, TrainingListener listener) throws InterruptedException {
    return run(requireFit(spec), null, listener);
  }

  /**
   * Goes on from a checkpoint: outcome and records are, to the bit, those of a training that was
   * not interrupted. The listener hears of the epochs that are trained now.
   *
   * @param epochs where to end: the checkpoint's own number of epochs, or another one that is not
   *     behind it
   * @return the whole run, with the records and the seconds before the checkpoint
   * @throws IllegalArgumentException in one line, if the checkpoint is of other data or ahead
   * @throws InterruptedException if the thread was interrupted; the run is abandoned
   */
  public Run resume(Checkpoint checkpoint, int epochs, TrainingListener listener)
      throws InterruptedException {
    if (!checkpoint.dataSha256().equals(dataset.sha256())) {
      throw new IllegalArgumentException(
          "checkpoint: expected one of data %s, found %s"
              .formatted(dataset.sha256(), checkpoint.dataSha256()));
    }
    if (checkpoint.epoch() > epochs) {
      throw new IllegalArgumentException(
          "checkpoint: expected at most epoch %d, found %d".formatted(epochs, checkpoint.epoch()));
    }
    return run(requireFit(checkpoint.spec().withEpochs(epochs)), checkpoint, listener);
  }

  /**
   * Trains from given weights on instead of drawing some.
   *
   * @param initial of the spec's architecture
   */
  public Run train(RunSpec spec, Network initial, TrainingListener listener)
      throws InterruptedException {
    if (!initial.architecture().equals(spec.architecture())) {
      throw new IllegalArgumentException(
          "network: expected %s, found %s"
              .formatted(spec.architecture().label(), initial.architecture().label()));
    }
    return run(requireFit(spec), initial, null, listener);
  }

  private Run run(RunSpec spec, @Nullable Checkpoint from, TrainingListener listener)
      throws InterruptedException {
    Network initial = spec.architecture().initialize(spec.initialization(), spec.seed());
    return run(spec, initial, from, listener);
  }

  private Run run(
      RunSpec spec, Network initial, @Nullable Checkpoint from, TrainingListener listener)
      throws InterruptedException {
    try (Learner learner =
        spec.learner().start(initial, spec.optimizer(), spec.loss(), spec.batchSize())) {
      Training training = new Training(spec, learner, listener, from);
      RunOutcome outcome = training.run();
      return new Run(spec, outcome, training.epochs, training.seconds());
    }
  }

  /**
   * The spec, if this trainer's data can be trained on with it.
   *
   * @throws IllegalArgumentException if the architecture or the batch size does not fit the data
   */
  public RunSpec requireFit(RunSpec spec) {
    Examples train = dataset.train();
    Architecture architecture = spec.architecture();
    if (architecture.inputs() != train.features() || architecture.outputs() != train.classes()) {
      throw new IllegalArgumentException(
          "architecture %s: expected %d inputs and %d outputs for %s"
              .formatted(architecture.label(), train.features(), train.classes(), dataset.name()));
    }
    if (train.targets() != architecture.targets()) {
      throw new IllegalArgumentException(
          "architecture %s: expected %d labels an example, found %d in %s"
              .formatted(
                  architecture.label(), architecture.targets(), train.targets(), dataset.name()));
    }
    if (spec.batchSize() > train.size()) {
      throw new IllegalArgumentException(
          "batch size: expected at most the %d training examples, found %d"
              .formatted(train.size(), spec.batchSize()));
    }
    return spec;
  }

  /** One training under way. */
  private final class Training {
    private final RunSpec spec;
    private final Learner learner;
    private final TrainingListener listener;
    private final List<EpochRecord> epochs = new ArrayList<>();
    private final double secondsBefore;
    private final long start = System.nanoTime();

    Training(RunSpec spec, Learner learner, TrainingListener listener, @Nullable Checkpoint from) {
      this.spec = spec;
      this.learner = learner;
      this.listener = listener;
      this.secondsBefore = from == null ? 0 : from.seconds();
      if (from != null) {
        learner.restore(from.state());
        epochs.addAll(from.epochs());
      }
    }

    double seconds() {
      return secondsBefore + (System.nanoTime() - start) * 1e-9;
    }

    private Checkpoint checkpoint() {
      return new Checkpoint(spec, dataset.sha256(), learner.state(), epochs, seconds());
    }

    RunOutcome run() throws InterruptedException {
      start();
      if (epochs.isEmpty()) {
        record(
            new EpochRecord(
                0,
                spec.optimizer().learningRate(1),
                null,
                learner.evaluate(dataset.test()),
                RankProbe.measure(learner.network())));
      }
      for (int epoch = epochs.size(); epoch <= spec.epochs(); epoch++) {
        RunOutcome.Diverged diverged = epoch(epoch);
        if (diverged != null) {
          return diverged;
        }
      }
      return new RunOutcome.Completed(learner.network());
    }

    private void start() {
      List<GradientListener> listeners = new ArrayList<>();
      listener.onStart(learner, listeners::add, Math.max(0, epochs.size() - 1));
      listeners.stream().reduce(GradientListener::andThen).ifPresent(learner::listen);
    }

    private void record(EpochRecord record) {
      epochs.add(record);
      listener.onEpoch(record);
      listener.onCheckpoint(record.epoch(), this::checkpoint);
    }

    private RunOutcome.@Nullable Diverged epoch(int epoch) throws InterruptedException {
      Examples train = dataset.train();
      int[] order = order(train.size(), spec.seed(), epoch);
      try (Batches batches = new Batches(train, order, spec.batchSize(), assembly)) {
        return epoch(epoch, batches);
      }
    }

    private RunOutcome.@Nullable Diverged epoch(int epoch, Batches batches)
        throws InterruptedException {
      Examples train = dataset.train();
      double learningRate = spec.optimizer().learningRate(epoch);
      double loss = 0;
      long correct = 0;
      int step = 0;
      while (batches.hasNext()) {
        if (Thread.interrupted()) {
          throw new InterruptedException("training interrupted");
        }
        Batch batch = batches.next();
        StepResult result = learner.step(batch, learningRate);
        step++;
        if (!Double.isFinite(result.loss())) {
          return new RunOutcome.Diverged(epoch, step, "loss is " + result.loss());
        }
        loss += result.loss() * batch.size();
        correct += result.correct();
        listener.onStep(epoch, step, result);
      }
      Evaluation training =
          new Evaluation(loss / train.size(), correct / ((double) train.size() * train.targets()));
      List<LayerSpectrum> spectra;
      try {
        spectra = RankProbe.measure(learner.network());
      } catch (NonFiniteException e) {
        return new RunOutcome.Diverged(epoch, step, String.valueOf(e.getMessage()));
      }
      record(
          new EpochRecord(
              epoch, learningRate, training, learner.evaluate(dataset.test()), spectra));
      return null;
    }
  }

  /** A permutation of 0 to size−1, fixed by seed and epoch. */
  static int[] order(int size, long seed, int epoch) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + epoch);
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
