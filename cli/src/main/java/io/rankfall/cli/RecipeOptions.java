package io.rankfall.cli;

import io.rankfall.study.FineTuning;
import io.rankfall.train.Distillation;
import io.rankfall.train.Loss;
import io.rankfall.train.RunSpec;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a run's compressed network is trained on. */
final class RecipeOptions {
  @Option(
      names = "--finetune-epochs",
      paramLabel = "N",
      description =
          "Epochs of training a run's compressed network on, with its ranks, by the run's own recipe; the learning "
              + "rate falls along a cosine.")
  private @Nullable Integer epochs;

  @Option(
      names = "--finetune-lr",
      paramLabel = "MU",
      description = "The first learning rate of it; half of the run's by default.")
  private @Nullable Double learningRate;

  @Option(
      names = "--finetune-weight-decay",
      paramLabel = "WD",
      description = "The weight decay of it; the run's by default.")
  private @Nullable Double weightDecay;

  @Option(
      names = "--teacher",
      paramLabel = "SHARE",
      description =
          "How far it follows the dense network's outputs instead of labels, 0 to 1; 0 by default.")
  private @Nullable Double share;

  @Option(
      names = "--stages",
      paramLabel = "N",
      description =
          "Steps in which the parameters go, each by the same share; they share the epochs of fine-tuning. 1 by default.")
  private @Nullable Integer stages;

  /** Refuses what cannot be, before anything else is done. */
  void requireUsable() {
    if (epochs != null && epochs < 1) {
      throw new UsageException("--finetune-epochs: expected >= 1, found " + epochs);
    }
    if (share != null && !(share >= 0 && share <= 1)) {
      throw new UsageException("--teacher: expected a share from 0 to 1, found " + share);
    }
  }

  boolean isStaged() {
    return stages != null && stages > 1;
  }

  boolean isEpochsGiven() {
    return epochs != null;
  }

  /** The first of these options that says nothing without epochs, or null. */
  @Nullable String detail() {
    if (learningRate != null) {
      return "--finetune-lr";
    }
    if (weightDecay != null) {
      return "--finetune-weight-decay";
    }
    if (stages != null) {
      return "--stages";
    }
    return share == null ? null : "--teacher";
  }

  int epochsOr(int usual) {
    return epochs == null ? usual : epochs;
  }

  /** For a run's network. */
  FineTuning.Recipe recipe(RunSpec spec) {
    return recipe(spec, FineTuning.Recipe.of(spec));
  }

  /**
   * @param usual where options leave it open
   */
  FineTuning.Recipe recipe(RunSpec spec, FineTuning.Recipe usual) {
    if (share != null && share > 0 && spec.loss() != Loss.CROSS_ENTROPY) {
      throw new UsageException(
          "--teacher: expected a training on the cross-entropy, found " + spec.loss());
    }
    double rate = learningRate == null ? usual.learningRate() : learningRate;
    double decay = weightDecay == null ? usual.weightDecay() : weightDecay;
    if (!(decay >= 0)) {
      throw new UsageException("--finetune-weight-decay: expected >= 0, found " + decay);
    }
    if (!(rate > 0 && rate * decay < 1)) {
      throw new UsageException(
          "--finetune-lr: expected above 0 and, times the weight decay %s, below 1, found %s"
              .formatted(decay, rate));
    }
    Distillation how = usual.distillation();
    return UsageException.ifRefused(
        () ->
            new FineTuning.Recipe(
                epochsOr(usual.epochs()),
                rate,
                decay,
                share == null ? how : new Distillation(share, how.temperature()),
                stages == null ? usual.stages() : stages));
  }
}
