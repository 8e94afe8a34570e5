package io.rankfall.cli;

import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.RunSettings;
import io.rankfall.train.RunSpec;
import java.util.List;
import picocli.CommandLine.Option;

/** The settings of one training. */
final class SpecOptions {
  @Option(
      names = "--hidden",
      split = ",",
      paramLabel = "N",
      description = "Widths of the hidden layers.")
  private List<Integer> hidden = RunSettings.HIDDEN;

  @Option(names = "--batch-norm", description = "Batch normalisation before each ReLU.")
  private boolean batchNorm;

  @Option(
      names = "--init",
      paramLabel = "DRAW",
      description = "Initial weights: ${COMPLETION-CANDIDATES}.")
  private Initialization initialization = RunSettings.INITIALIZATION;

  @Option(names = "--batch-size", paramLabel = "B", description = "Examples a step.")
  private int batchSize = RunSettings.BATCH_SIZE;

  @Option(names = "--lr", paramLabel = "MU", description = "Learning rate µ.")
  private double learningRate = RunSettings.LEARNING_RATE;

  @Option(
      names = "--weight-decay",
      paramLabel = "WD",
      description = "wd in W <- (1 - µ*wd)*W - µ*G; the paper's λ is wd/2.")
  private double weightDecay = RunSettings.WEIGHT_DECAY;

  @Option(names = "--momentum", paramLabel = "M", description = "Heavy-ball momentum.")
  private double momentum = RunSettings.MOMENTUM;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training data.")
  private int epochs = RunSettings.EPOCHS;

  @Option(
      names = "--milestones",
      split = ",",
      paramLabel = "EPOCH",
      description = "Epochs after which µ is multiplied by --decay-factor; none by default.")
  private List<Integer> milestones = RunSettings.MILESTONES;

  @Option(names = "--decay-factor", paramLabel = "F", description = "Factor at each milestone.")
  private double decayFactor = RunSettings.DECAY_FACTOR;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes weights and order of examples.")
  private long seed = RunSettings.SEED;

  @Option(
      names = "--learner",
      paramLabel = "ENGINE",
      description = {
        "Engine: ${COMPLETION-CANDIDATES}. FUSED is the faster one; DJL unpacks PyTorch (430 MB) to ~/.djl.ai on first use."
      })
  private LearnerKind learner = RunSettings.LEARNER;

  long seed() {
    return seed;
  }

  /**
   * The training that the options describe.
   *
   * @param dataset the data set's name
   * @throws UsageException or IllegalArgumentException, if they do not go together
   */
  RunSpec spec(String dataset) {
    if (milestones.stream().anyMatch(milestone -> milestone >= epochs)) {
      throw new UsageException(
          "--milestones: expected epochs before the last, %d, found %s"
              .formatted(epochs, milestones));
    }
    return new RunSettings()
        .hidden(hidden)
        .normalization(batchNorm ? Mlp.Normalization.BATCH : Mlp.Normalization.NONE)
        .initialization(initialization)
        .batchSize(batchSize)
        .learningRate(learningRate)
        .weightDecay(weightDecay)
        .momentum(momentum)
        .epochs(epochs)
        .milestones(milestones)
        .decayFactor(decayFactor)
        .seed(seed)
        .learner(learner)
        .spec(dataset);
  }
}
