package io.rankfall.train;

import io.rankfall.spectra.Blas;

/** The fused learner where there is no oneDNN. */
final class FusedOnOpenBlasTest extends LearnerContract {
  @Override
  LearnerKind kind() {
    return LearnerKind.FUSED;
  }

  @Override
  Learner start(Network initial, Optimizer optimizer, Loss loss, int batchSize) {
    return new FusedMlpLearner(initial, optimizer, loss, batchSize, Blas.withoutOneDnn());
  }
}
