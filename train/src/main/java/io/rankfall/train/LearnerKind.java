package io.rankfall.train;

import java.util.Optional;

/** The engines that can train a network, and what each of them can do. */
public enum LearnerKind {
  /** Hand-written steps on oneDNN: the fastest for MLPs. */
  FUSED {
    @Override
    public Optional<String> refusal(Architecture architecture, Optimizer optimizer) {
      if (!(architecture instanceof Mlp)) {
        return refused(
            "architecture: expected linear layers with biases and ReLU", architecture.shortLabel());
      }
      if (optimizer.method() == Optimizer.Method.ADAMW
          || optimizer.method() == Optimizer.Method.MUON) {
        return refused("optimizer: expected SGD or NESTEROV", optimizer.method());
      }
      // The update of a layer is made before the gradients of those before it are known.
      return optimizer.clipNorm() == 0
          ? Optional.empty()
          : refused("clip norm: expected 0, none", optimizer.clipNorm());
    }

    @Override
    public Learner start(Network initial, Optimizer optimizer, Loss loss, int batchSize) {
      return new FusedMlpLearner(initial, optimizer, loss, batchSize);
    }
  },
  /** DJL with PyTorch's autograd: any network, any optimizer. */
  DJL {
    @Override
    public Optional<String> refusal(Architecture architecture, Optimizer optimizer) {
      return Optional.empty();
    }

    @Override
    public Learner start(Network initial, Optimizer optimizer, Loss loss, int batchSize) {
      return new DjlLearner(initial, optimizer, loss);
    }
  };

  /** The fastest engine that trains so. */
  public static LearnerKind fastest(Architecture architecture, Optimizer optimizer) {
    return FUSED.refusal(architecture, optimizer).isEmpty() ? FUSED : DJL;
  }

  /** Why this engine cannot train so, in one line that names the setting; empty if it can. */
  public abstract Optional<String> refusal(Architecture architecture, Optimizer optimizer);

  private static Optional<String> refused(String what, Object found) {
    return Optional.of("%s with learner FUSED, found %s; --learner djl can".formatted(what, found));
  }

  /**
   * A learner at the given weights, owned by the caller.
   *
   * @param batchSize the largest batch it will be given
   */
  public abstract Learner start(Network initial, Optimizer optimizer, Loss loss, int batchSize);

  /** One that minimises the cross-entropy. */
  public final Learner start(Network initial, Optimizer optimizer, int batchSize) {
    return start(initial, optimizer, Loss.CROSS_ENTROPY, batchSize);
  }
}
