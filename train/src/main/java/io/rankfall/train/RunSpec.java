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
 * @param seed of the initial weights and of the order of examples
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
    Loss loss) {
  public RunSpec {
    requireNonNull(architecture, "architecture");
    requireNonNull(initialization, "initialization");
    requireNonNull(optimizer, "optimizer");
    requireNonNull(learner, "learner");
    requireNonNull(loss, "loss");
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

  /** A run that minimises the cross-entropy. */
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
        Loss.CROSS_ENTROPY);
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
   * For people, how a step differs from SGD on the cross-entropy with decay on all parameters and
   * without clipping: {@code ADAMW, clip norm 1.0, MSE}, or nothing.
   */
  public String stepLabel() {
    List<String> distinctions = optimizer.distinctions();
    if (loss != Loss.CROSS_ENTROPY) {
      distinctions.add(loss.name());
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
    return new RunSpec(
        dataset, architecture, initialization, batchSize, optimizer, count, seed, learner, loss);
  }

  /** The same training with another optimizer. */
  public RunSpec with(Optimizer other) {
    return new RunSpec(
        dataset, architecture, initialization, batchSize, other, epochs, seed, learner, loss);
  }

  /** The same training with other batches and weight decay. */
  public RunSpec with(int otherBatchSize, double weightDecay) {
    return new RunSpec(
        dataset,
        architecture,
        initialization,
        otherBatchSize,
        optimizer.withWeightDecay(weightDecay),
        epochs,
        seed,
        learner,
        loss);
  }
}
