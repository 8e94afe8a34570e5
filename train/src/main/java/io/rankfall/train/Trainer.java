package io.rankfall.train;

import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Trains one network after another on one data set. Without a teacher it may be used by several
 * threads at once.
 */
public final class Trainer {
  private final Dataset dataset;
  private final Assembly assembly;
  private final @Nullable Teacher teacher;

  /** Who is followed besides the labels. */
  private record Teacher(Classifier network, Distillation how) {}

  /** Batches are assembled ahead if there is a core for it. */
  public Trainer(Dataset dataset) {
    this(
        dataset,
        Runtime.getRuntime().availableProcessors() > 1 ? Assembly.AHEAD : Assembly.IN_TURN);
  }

  public Trainer(Dataset dataset, Assembly assembly) {
    this(dataset, assembly, null);
  }

  private Trainer(Dataset dataset, Assembly assembly, @Nullable Teacher teacher) {
    this.dataset = dataset;
    this.assembly = assembly;
    this.teacher = teacher;
  }

  /**
   * One whose trainings also follow the logits of a trained network, in place of {@link
   * RunSpec#loss}; trainings' losses are then {@link Distillation}'s.
   *
   * @param teacher of the data set's examples; used while this trains, closed by the caller
   */
  public Trainer taughtBy(Classifier teacher, Distillation how) {
    return new Trainer(dataset, assembly, new Teacher(teacher, how));
  }

  /** What is trained on. */
  public Dataset dataset() {
    return dataset;
  }

  Assembly assembly() {
    return assembly;
  }

  /** Has the teacher look at a batch. */
  void teach(Batch batch) {
    if (teacher != null) {
      batch.teach(teacher.how, teacher.network.logits(batch));
    }
  }

  /**
   * Trains from the initial weights that {@code spec.seed()} draws on. Each epoch visits every
   * training example once, in an order fixed by seed and epoch.
   *
   * @return the run, {@link RunOutcome.Diverged} at the first loss or weight that is not finite
   * @throws InterruptedException if the thread was interrupted; the run is abandoned
   */
  public Run train(RunSpec spec, TrainingListener listener) throws InterruptedException {
    return train(spec, List.of(), listener);
  }

  /**
   * As {@link #train(RunSpec, TrainingListener)}, until the first of the rules ends it.
   *
   * @return {@link RunOutcome.Stopped} if one did
   */
  public Run train(RunSpec spec, List<StopRule> rules, TrainingListener listener)
      throws InterruptedException {
    return train(requireFit(spec), null, rules, listener);
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
    return resume(checkpoint, epochs, List.of(), listener);
  }

  /**
   * As {@link #resume(Checkpoint, int, TrainingListener)}, until the first of the rules ends it:
   * before the first step, if the checkpoint is at the end of such an epoch.
   */
  public Run resume(
      Checkpoint checkpoint, int epochs, List<StopRule> rules, TrainingListener listener)
      throws InterruptedException {
    if (!checkpoint.dataSha256().equals(dataset.sha256())) {
      throw new IllegalArgumentException(
          "checkpoint: expected one of data %s, found %s"
              .formatted(dataset.sha256(), checkpoint.dataSha256()));
    }
    if (checkpoint.begunEpoch() > epochs) {
      throw new IllegalArgumentException(
          "checkpoint: expected at most epoch %d, found %d"
              .formatted(epochs, checkpoint.begunEpoch()));
    }
    RunSpec spec = requireFit(checkpoint.spec().withEpochs(epochs));
    long trained = (long) checkpoint.partial().steps() * spec.batchSize();
    if (trained > 0 && trained >= dataset.train().size()) {
      throw new IllegalArgumentException(
          "checkpoint: expected steps on fewer than the %d training examples, found %d of %d"
              .formatted(dataset.train().size(), checkpoint.partial().steps(), spec.batchSize()));
    }
    return train(spec, checkpoint, rules, listener);
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
    try (Learner learner = requireFit(spec).start(initial)) {
      return new Training(this, spec, List.of(), learner, listener, null).run();
    }
  }

  private Run train(
      RunSpec spec, @Nullable Checkpoint from, List<StopRule> rules, TrainingListener listener)
      throws InterruptedException {
    try (Learner learner = spec.start()) {
      return new Training(this, spec, rules, learner, listener, from).run();
    }
  }

  /**
   * The spec, if this trainer's data can be trained on with it.
   *
   * @throws IllegalArgumentException if architecture, batch size or augmentation do not fit the
   *     data
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
    spec.augmentation().requireFit(train.shape());
    return spec;
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
