package io.rankfall.train;

/** The engines that can train a network. */
public enum LearnerKind {
  /** Hand-written steps on oneDNN: the fastest for MLPs. */
  FUSED {
    @Override
    public Learner start(Network initial, Optimizer optimizer, int batchSize) {
      return new FusedMlpLearner(initial, optimizer, batchSize);
    }
  },
  /** DJL with PyTorch's autograd: any network. */
  DJL {
    @Override
    public Learner start(Network initial, Optimizer optimizer, int batchSize) {
      return new DjlLearner(initial, optimizer);
    }
  };

  /**
   * A learner at the given weights, owned by the caller.
   *
   * @param batchSize the largest batch it will be given
   */
  public abstract Learner start(Network initial, Optimizer optimizer, int batchSize);
}
