package io.rankfall.train;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.util.List;

/**
 * All that fixes a run: the same spec on the same machine with the same library versions gives the
 * same bits.
 *
 * @param dataset name of the data set
 * @param batchSize B; the last batch of an epoch holds what is left
 * @param seed of the initial weights, of the order of examples and of how they are changed
 * @param augmentation how training images are changed whenever they are trained on
 */
@JsonSerialize(using = SpecJson.Writer.class)
@JsonDeserialize(using = SpecJson.Reader.class)
public record RunSpec(
    String dataset,
    Architecture architecture,
    Initialization initialization,
    int batchSize,
    Optimizer optimizer,
    int epochs,
    long seed,
    LearnerKind learner,
    Loss loss,
    Augmentation augmentation) {
  public RunSpec {
    requireNonNull(architecture, "architecture");
    requireNonNull(initialization, "initialization");
    requireNonNull(optimizer, "optimizer");
    requireNonNull(learner, "learner");
    requireNonNull(loss, "loss");
    requireNonNull(augmentation, "augmentation");
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch size: expected >= 1, found " + batchSize);
    }
    if (epochs < 1) {
      throw new IllegalArgumentException("epochs: expected >= 1, found " + epochs);
    }
    if (batchSize == 1 && architecture.graph().normalizesBatches()) {
      throw new IllegalArgumentException(
          "batch size: expected >= 2 with batch normalisation, found 1");
    }
    if (optimizer.learningRate(epochs) == 0) {
      throw new IllegalArgumentException(
          "epochs: expected none at learning rate 0 (%s), found %d"
              .formatted(optimizer.schedule().label(), epochs));
    }
    learner
        .refusal(architecture, optimizer)
        .ifPresent(
            why -> {
              throw new IllegalArgumentException(why);
            });
  }

  /** A run that minimises the cross-entropy on examples as they are. */
  public RunSpec(
      String dataset,
      Architecture architecture,
      Initialization initialization,
      int batchSize,
      Optimizer optimizer,
      int epochs,
      long seed,
      LearnerKind learner) {
    this(
        dataset,
        architecture,
        initialization,
        batchSize,
        optimizer,
        epochs,
        seed,
        learner,
        Loss.CROSS_ENTROPY,
        Augmentation.NONE);
  }

  /**
   * A name for all but the number of epochs: 16 hexadecimal digits of a SHA-256 hash. Epochs do not
   * count, since a longer run begins with the shorter one to the bit: schedules are counted from
   * the start.
   */
  public String id() {
    return SpecJson.id(this);
  }

  /**
   * For people, how a step differs from SGD on the cross-entropy of examples as they are, with
   * decay on all parameters and without clipping: {@code ADAMW, clip norm 1.0, MSE, crop=2,flip},
   * or nothing.
   */
  public String stepLabel() {
    List<String> distinctions = optimizer.distinctions();
    if (loss != Loss.CROSS_ENTROPY) {
      distinctions.add(loss.name());
    }
    if (!augmentation.equals(Augmentation.NONE)) {
      distinctions.add(augmentation.toString());
    }
    return String.join(", ", distinctions);
  }

  /** This as JSON in one line. */
  public String json() {
    return SpecJson.text(this);
  }

  /**
   * What {@link #json} wrote.
   *
   * @throws IllegalArgumentException in one line, if it is no spec
   */
  public static RunSpec ofJson(String json) {
    return SpecJson.spec(json);
  }

  /** A learner at the initial weights, owned by the caller; only its own copy of them is kept. */
  Learner start() {
    return start(architecture.initialize(initialization, seed));
  }

  /** A learner at other weights. */
  Learner start(Network initial) {
    return learner.start(initial, optimizer, loss, batchSize);
  }

  /** The same training, to be ended after another number of epochs. */
  public RunSpec withEpochs(int count) {
    return with(architecture, batchSize, optimizer, count, learner);
  }

  /** The same training with another optimizer. */
  public RunSpec with(Optimizer other) {
    return with(architecture, batchSize, other, epochs, learner);
  }

  /** The same training with other batches and weight decay. */
  public RunSpec with(int otherBatchSize, double weightDecay) {
    Optimizer other = optimizer.withWeightDecay(weightDecay);
    return with(architecture, otherBatchSize, other, epochs, learner);
  }

  /** The same training of another network, by the fastest engine that can. */
  public RunSpec with(Architecture other, Optimizer itsOptimizer, int itsEpochs) {
    LearnerKind engine = LearnerKind.fastest(other, itsOptimizer);
    return with(other, batchSize, itsOptimizer, itsEpochs, engine);
  }

  private RunSpec with(
      Architecture network, int examples, Optimizer how, int until, LearnerKind engine) {
    return new RunSpec(
        dataset, network, initialization, examples, how, until, seed, engine, loss, augmentation);
  }
}
