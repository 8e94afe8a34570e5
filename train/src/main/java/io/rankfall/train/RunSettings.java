package io.rankfall.train;

import java.util.List;

/**
 * The settings of a run while they are put together, by options or by a sweep. What is not set has
 * its default, which stands here and nowhere else.
 */
public final class RunSettings {
  public static final List<Integer> HIDDEN = List.of(512, 512, 512);
  public static final Mlp.Normalization NORMALIZATION = Mlp.Normalization.NONE;
  public static final Initialization INITIALIZATION = Initialization.HE;
  public static final int BATCH_SIZE = 16;
  public static final double LEARNING_RATE = 0.1;
  public static final double WEIGHT_DECAY = 1e-3;
  public static final double MOMENTUM = 0;
  public static final int EPOCHS = 20;
  public static final List<Integer> MILESTONES = List.of();
  public static final double DECAY_FACTOR = 0.2;
  public static final long SEED = 1;
  public static final LearnerKind LEARNER = LearnerKind.FUSED;

  private static final int INPUTS = 784;
  private static final int OUTPUTS = 10;

  private List<Integer> hidden = HIDDEN;
  private Mlp.Normalization normalization = NORMALIZATION;
  private Initialization initialization = INITIALIZATION;
  private int batchSize = BATCH_SIZE;
  private double learningRate = LEARNING_RATE;
  private double weightDecay = WEIGHT_DECAY;
  private double momentum = MOMENTUM;
  private int epochs = EPOCHS;
  private List<Integer> milestones = MILESTONES;
  private double decayFactor = DECAY_FACTOR;
  private long seed = SEED;
  private LearnerKind learner = LEARNER;

  /** Widths of the hidden layers. */
  public RunSettings hidden(List<Integer> widths) {
    hidden = List.copyOf(widths);
    return this;
  }

  public RunSettings normalization(Mlp.Normalization value) {
    normalization = value;
    return this;
  }

  public RunSettings initialization(Initialization value) {
    initialization = value;
    return this;
  }

  /** B. */
  public RunSettings batchSize(int value) {
    batchSize = value;
    return this;
  }

  /** μ before the schedule. */
  public RunSettings learningRate(double value) {
    learningRate = value;
    return this;
  }

  /** wd. */
  public RunSettings weightDecay(double value) {
    weightDecay = value;
    return this;
  }

  public RunSettings momentum(double value) {
    momentum = value;
    return this;
  }

  public RunSettings epochs(int value) {
    epochs = value;
    return this;
  }

  /** Of {@link StepSchedule}. Those behind the last epoch are no error: more may be asked for. */
  public RunSettings milestones(List<Integer> values) {
    milestones = List.copyOf(values);
    return this;
  }

  /** Of {@link StepSchedule}. */
  public RunSettings decayFactor(double value) {
    decayFactor = value;
    return this;
  }

  public RunSettings seed(long value) {
    seed = value;
    return this;
  }

  public RunSettings learner(LearnerKind value) {
    learner = value;
    return this;
  }

  /**
   * The run that the settings describe.
   *
   * @param dataset the data set's name
   * @throws IllegalArgumentException in one line, if they do not go together
   */
  public RunSpec spec(String dataset) {
    return new RunSpec(
        dataset,
        new Mlp(INPUTS, hidden, OUTPUTS, normalization),
        initialization,
        batchSize,
        new Optimizer(
            learningRate, weightDecay, momentum, new StepSchedule(milestones, decayFactor)),
        epochs,
        seed,
        learner);
  }
}
