package io.rankfall.train;

final class FusedMlpLearnerTest extends LearnerContract {
  @Override
  LearnerKind kind() {
    return LearnerKind.FUSED;
  }
}
