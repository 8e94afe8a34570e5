package io.rankfall.cli;

import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import java.util.List;
import picocli.CommandLine.Option;

/** The settings of one training. */
final class SpecOptions {
  @Option(
      names = "--hidden",
      split = ",",
      paramLabel = "N",
      defaultValue = "512,512,512",
      description = "Widths of the hidden layers.")
  private List<Integer> hidden = List.of();

  @Option(names = "--batch-norm", description = "Batch normalisation before each ReLU.")
  private boolean batchNorm;

  @Option(
      names = "--init",
      paramLabel = "DRAW",
      description = "Initial weights: ${COMPLETION-CANDIDATES}.")
  private Initialization initialization = Initialization.HE;

  @Option(names = "--batch-size", paramLabel = "B", description = "Examples a step.")
  private int batchSize = 16;

  @Option(names = "--lr", paramLabel = "MU", description = "Learning rate µ.")
  private double learningRate = 0.1;

  @Option(
      names = "--weight-decay",
      paramLabel = "WD",
      description = "wd in W <- (1 - µ*wd)*W - µ*G; the paper's λ is wd/2.")
  private double weightDecay = 1e-3;

  @Option(names = "--momentum", paramLabel = "M", description = "Heavy-ball momentum.")
  private double momentum;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training data.")
  private int epochs = 20;

  @Option(
      names = "--milestones",
      split = ",",
      paramLabel = "EPOCH",
      description = "Epochs after which µ is multiplied by --decay-factor; none by default.")
  private List<Integer> milestones = List.of();

  @Option(names = "--decay-factor", paramLabel = "F", description = "Factor at each milestone.")
  private double decayFactor = 0.2;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes weights and order of examples.")
  private long seed = 1;

  @Option(
      names = "--learner",
      paramLabel = "ENGINE",
      description = {
        "Engine: ${COMPLETION-CANDIDATES}. FUSED is the faster one; DJL unpacks PyTorch (430 MB) to ~/.djl.ai on first use."
      })
  private LearnerKind learner = LearnerKind.FUSED;

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
    Mlp.Normalization normalization = batchNorm ? Mlp.Normalization.BATCH : Mlp.Normalization.NONE;
    return new RunSpec(
        dataset,
        new Mlp(784, hidden, 10, normalization),
        initialization,
        batchSize,
        new Optimizer(
            learningRate, weightDecay, momentum, new StepSchedule(milestones, decayFactor)),
        epochs,
        seed,
        learner);
  }
}
