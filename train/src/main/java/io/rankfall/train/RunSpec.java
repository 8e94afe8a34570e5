package io.rankfall.train;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonAlias;

/**
 * All that fixes a run: the same spec on the same machine with the same library versions gives the
 * same bits.
 *
 * @param dataset name of the data set
 * @param batchSize B; the last batch of an epoch holds what is left
 * @param seed of the initial weights and of the order of examples
 */
public record RunSpec(
    String dataset,
    Mlp architecture,
    Initialization initialization,
    int batchSize,
    @JsonAlias("sgd") Optimizer optimizer,
    int epochs,
    long seed,
    LearnerKind learner) {
  public RunSpec {
    requireNonNull(architecture, "architecture");
    requireNonNull(initialization, "initialization");
    requireNonNull(optimizer, "optimizer");
    requireNonNull(learner, "learner");
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch size: expected >= 1, found " + batchSize);
    }
    if (epochs < 1) {
      throw new IllegalArgumentException("epochs: expected >= 1, found " + epochs);
    }
    if (batchSize == 1 && architecture.normalization() == Mlp.Normalization.BATCH) {
      throw new IllegalArgumentException(
          "batch size: expected >= 2 with batch normalisation, found 1");
    }
  }

  /**
   * A name for all but the number of epochs: 16 hexadecimal digits of a SHA-256 hash. Epochs do not
   * count, since a longer run begins with the shorter one to the bit: milestones are counted from
   * the start.
   */
  public String id() {
    return SpecJson.id(this);
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
    Network initial = architecture.initialize(initialization, seed);
    return learner.start(initial, optimizer, batchSize);
  }

  /** The same training, to be ended after another number of epochs. */
  public RunSpec withEpochs(int count) {
    return new RunSpec(
        dataset, architecture, initialization, batchSize, optimizer, count, seed, learner);
  }
}
