package io.rankfall.train;

import java.util.List;
import org.jspecify.annotations.Nullable;

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
  public static final Optimizer.Method METHOD = Optimizer.Method.SGD;
  public static final Optimizer.DecayOn DECAY_ON = Optimizer.DecayOn.ALL;
  public static final double CLIP_NORM = 0;
  public static final int COSINE_EPOCHS = 0;
  public static final double COSINE_FLOOR = 0;
  public static final int WARM_UP_EPOCHS = 0;
  public static final Loss LOSS = Loss.CROSS_ENTROPY;
  public static final Augmentation AUGMENTATION = Augmentation.NONE;

  private @Nullable String architecture;
  private @Nullable List<Integer> hidden;
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
  private Optimizer.Method method = METHOD;
  private Optimizer.DecayOn decayOn = DECAY_ON;
  private double clipNorm = CLIP_NORM;
  private int cosineEpochs = COSINE_EPOCHS;
  private double cosineFloor = COSINE_FLOOR;
  private int warmUpEpochs = WARM_UP_EPOCHS;
  private Loss loss = LOSS;
  private Augmentation augmentation = AUGMENTATION;
  private @Nullable LearnerKind learner;

  /** A name that {@link Architecture#named} reads, instead of widths and normalisation. */
  public RunSettings architecture(String name) {
    architecture = name;
    return this;
  }

  /** Widths of an MLP's hidden layers. */
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

  public RunSettings method(Optimizer.Method value) {
    method = value;
    return this;
  }

  public RunSettings decayOn(Optimizer.DecayOn value) {
    decayOn = value;
    return this;
  }

  /** 0 for no clipping. */
  public RunSettings clipNorm(double value) {
    clipNorm = value;
    return this;
  }

  /** Of {@link CosineSchedule}; 0 for none. */
  public RunSettings cosineEpochs(int value) {
    cosineEpochs = value;
    return this;
  }

  /** Of {@link CosineSchedule}. */
  public RunSettings cosineFloor(double value) {
    cosineFloor = value;
    return this;
  }

  /** Of {@link WarmUp}; 0 for none. */
  public RunSettings warmUpEpochs(int value) {
    warmUpEpochs = value;
    return this;
  }

  public RunSettings loss(Loss value) {
    loss = value;
    return this;
  }

  public RunSettings augmentation(Augmentation value) {
    augmentation = value;
    return this;
  }

  /** The engine; null, which is the default, for the fastest that trains so. */
  public RunSettings learner(@Nullable LearnerKind value) {
    learner = value;
    return this;
  }

  /**
   * The run that the settings describe.
   *
   * @param dataset the data set's name
   * @param input shape of its examples
   * @param classes it tells apart
   * @throws IllegalArgumentException in one line, if they do not go together
   */
  public RunSpec spec(String dataset, InputShape input, int classes) {
    Architecture trained = architecture(input, classes);
    Optimizer optimizer =
        new Optimizer(learningRate, weightDecay, momentum, schedule(), method, decayOn, clipNorm);
    return new RunSpec(
        dataset,
        trained,
        initialization,
        batchSize,
        optimizer,
        epochs,
        seed,
        learner == null ? LearnerKind.fastest(trained, optimizer) : learner,
        loss,
        augmentation);
  }

  private Architecture architecture(InputShape input, int classes) {
    if (architecture == null) {
      return new Mlp(input.size(), hidden == null ? HIDDEN : hidden, classes, normalization);
    }
    if (hidden != null || normalization != NORMALIZATION) {
      throw new IllegalArgumentException(
          "architecture %s: expected no hidden widths and no batch normalisation beside it, found some"
              .formatted(architecture));
    }
    return Architecture.named(architecture, input, classes);
  }

  private Schedule schedule() {
    if (cosineEpochs != 0 && !milestones.isEmpty()) {
      throw new IllegalArgumentException(
          "milestones: expected none beside a cosine, found " + milestones);
    }
    if (cosineEpochs == 0 && cosineFloor != 0) {
      throw new IllegalArgumentException(
          "cosine floor: expected 0 without a cosine, found " + cosineFloor);
    }
    Schedule schedule =
        cosineEpochs == 0
            ? new StepSchedule(milestones, decayFactor)
            : new CosineSchedule(cosineEpochs, cosineFloor);
    return warmUpEpochs == 0 ? schedule : new WarmUp(warmUpEpochs, schedule);
  }
}
