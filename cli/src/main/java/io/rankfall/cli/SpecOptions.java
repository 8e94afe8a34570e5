package io.rankfall.cli;

import io.rankfall.train.Augmentation;
import io.rankfall.train.Initialization;
import io.rankfall.train.InputShape;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Loss;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSettings;
import io.rankfall.train.RunSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The settings of one training. */
final class SpecOptions {
  @Option(
      names = "--arch",
      paramLabel = "NAME",
      description = {
        "Network instead of --hidden: mlp, lenet300, lenet5, convnet, vgg11, vgg16, resnet8, resnet18, resnet20, "
            + "resnet50, vit or gpt; options follow, as in vit:depth=6,width=96. 'rankfall architectures' lists them."
      })
  private @Nullable String architecture;

  @Option(
      names = "--hidden",
      split = ",",
      paramLabel = "N",
      description = "Widths of an MLP's hidden layers; 512,512,512 by default.")
  private @Nullable List<Integer> hidden;

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

  @Option(
      names = "--momentum",
      paramLabel = "M",
      description = "Of sgd (heavy ball) and nesterov; the others bring their own.")
  private double momentum = RunSettings.MOMENTUM;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "The update: ${COMPLETION-CANDIDATES}, in any case.")
  private Optimizer.Method method = RunSettings.METHOD;

  @Option(
      names = "--decay-on",
      paramLabel = "WHICH",
      description = "What decays: ${COMPLETION-CANDIDATES}; ALL includes biases, γ and β.")
  private Optimizer.DecayOn decayOn = RunSettings.DECAY_ON;

  @Option(
      names = "--clip-norm",
      paramLabel = "NORM",
      description = "Largest norm of all gradients together; 0 for no clipping.")
  private double clipNorm = RunSettings.CLIP_NORM;

  @Option(
      names = "--loss",
      paramLabel = "LOSS",
      description = "What is minimised: ${COMPLETION-CANDIDATES}.")
  private Loss loss = RunSettings.LOSS;

  @Option(
      names = "--augment",
      paramLabel = "HOW",
      converter = HowToAugment.class,
      description =
          "How images change whenever they are trained on: crop=PIXELS, flip, rotate=DEGREES, or none.")
  private Augmentation augmentation = RunSettings.AUGMENTATION;

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

  @Option(
      names = "--cosine",
      paramLabel = "EPOCHS",
      description =
          "µ falls along half a cosine over so many epochs, in place of milestones; 0: no.")
  private int cosineEpochs = RunSettings.COSINE_EPOCHS;

  @Option(
      names = "--cosine-floor",
      paramLabel = "F",
      description = "Where the cosine ends, as a factor of µ.")
  private double cosineFloor = RunSettings.COSINE_FLOOR;

  @Option(
      names = "--warmup-epochs",
      paramLabel = "N",
      description = "Epochs in which µ rises linearly to what the schedule says: e/(N+1) of it.")
  private int warmUpEpochs = RunSettings.WARM_UP_EPOCHS;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes weights and order of examples.")
  private long seed = RunSettings.SEED;

  @Option(
      names = "--learner",
      paramLabel = "ENGINE",
      description = {
        "Engine: ${COMPLETION-CANDIDATES}; without it FUSED, the faster one, where it can train so.",
        "DJL unpacks PyTorch (430 MB) to ~/.djl.ai on first use."
      })
  private @Nullable LearnerKind learner;

  long seed() {
    return seed;
  }

  /** As with {@code --cosine} over all epochs. */
  void fallAlongCosine() {
    cosineEpochs = epochs;
  }

  /**
   * The training that the options describe.
   *
   * @param dataset the data set's name
   * @param input shape of its examples
   * @param classes it tells apart
   * @throws UsageException or IllegalArgumentException, if they do not go together
   */
  RunSpec spec(String dataset, InputShape input, int classes) {
    if (milestones.stream().anyMatch(milestone -> milestone >= epochs)) {
      throw new UsageException(
          "--milestones: expected epochs before the last, %d, found %s"
              .formatted(epochs, milestones));
    }
    RunSettings settings = new RunSettings();
    if (architecture != null) {
      settings.architecture(architecture);
    }
    if (hidden != null) {
      settings.hidden(hidden);
    }
    return settings
        .normalization(batchNorm ? Mlp.Normalization.BATCH : Mlp.Normalization.NONE)
        .initialization(initialization)
        .batchSize(batchSize)
        .learningRate(learningRate)
        .weightDecay(weightDecay)
        .momentum(momentum)
        .epochs(epochs)
        .milestones(milestones)
        .cosineEpochs(cosineEpochs)
        .cosineFloor(cosineFloor)
        .warmUpEpochs(warmUpEpochs)
        .method(method)
        .decayOn(decayOn)
        .clipNorm(clipNorm)
        .loss(loss)
        .augmentation(augmentation)
        .decayFactor(decayFactor)
        .seed(seed)
        .learner(learner)
        .spec(dataset, input, classes);
  }

  /** Reads {@code crop=4,flip}. */
  static final class HowToAugment implements ITypeConverter<Augmentation> {
    @Override
    public Augmentation convert(String text) {
      try {
        return Augmentation.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
