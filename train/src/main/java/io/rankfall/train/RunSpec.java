package io.rankfall.train;

import static java.util.Objects.requireNonNull;

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
    Sgd sgd,
    int epochs,
    long seed,
    LearnerKind learner) {
  public RunSpec {
    requireNonNull(architecture, "architecture");
    requireNonNull(initialization, "initialization");
    requireNonNull(sgd, "sgd");
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
}
