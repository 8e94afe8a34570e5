package io.rankfall.cli;

import io.rankfall.study.sweep.Setting;
import io.rankfall.study.sweep.SweepSpec;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Values of settings on the command line; several are swept over. */
final class SweepOptions {
  @Option(
      names = "--data",
      paramLabel = "NAME|PATH",
      description =
          "Data set of all runs, such as cifar10, mnist+pad32 or fashion-mnist-3000 ('rankfall data' tells of them).")
  private @Nullable String data;

  @Option(
      names = "--batch-size",
      split = ",",
      paramLabel = "B",
      description =
          "Examples a step.%nThese replace what the specification says; several are swept.")
  private List<String> batchSizes = List.of();

  @Option(names = "--lr", split = ",", paramLabel = "MU", description = "Learning rate µ.")
  private List<String> learningRates = List.of();

  @Option(
      names = "--weight-decay",
      split = ",",
      paramLabel = "WD",
      description = "wd in W <- (1 - µ*wd)*W - µ*G; the paper's λ is wd/2.")
  private List<String> weightDecays = List.of();

  @Option(names = "--momentum", split = ",", paramLabel = "M", description = "Heavy-ball momentum.")
  private List<String> momenta = List.of();

  @Option(
      names = "--arch",
      paramLabel = "NAME",
      description =
          "Network instead of --hidden, such as resnet8 or vit:depth=4; repeat it to sweep.")
  private List<String> architectures = List.of();

  @Option(
      names = "--hidden",
      paramLabel = "N,N,...",
      description = "Widths of the hidden layers, 10x100 for ten of 100; repeat it to sweep.")
  private List<String> hidden = List.of();

  @Option(
      names = "--batch-norm",
      split = ",",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Batch normalisation before each ReLU.")
  private List<String> batchNorms = List.of();

  @Option(names = "--init", split = ",", paramLabel = "DRAW", description = "HE or PYTORCH.")
  private List<String> initializations = List.of();

  @Option(
      names = "--optimizer",
      split = ",",
      paramLabel = "NAME",
      description = "SGD, NESTEROV, ADAMW or MUON.")
  private List<String> optimizers = List.of();

  @Option(
      names = "--decay-on",
      split = ",",
      paramLabel = "WHICH",
      description = "What decays: ALL or MATRICES.")
  private List<String> decayOn = List.of();

  @Option(
      names = "--clip-norm",
      split = ",",
      paramLabel = "NORM",
      description = "Largest norm of all gradients together; 0 for no clipping.")
  private List<String> clipNorms = List.of();

  @Option(names = "--loss", split = ",", paramLabel = "LOSS", description = "CROSS_ENTROPY or MSE.")
  private List<String> losses = List.of();

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training data.")
  private List<String> epochs = List.of();

  @Option(
      names = "--milestones",
      paramLabel = "EPOCH,...",
      description = "Epochs after which µ is multiplied by --decay-factor.")
  private List<String> milestones = List.of();

  @Option(names = "--decay-factor", paramLabel = "F", description = "Factor at each milestone.")
  private List<String> decayFactors = List.of();

  @Option(
      names = "--cosine",
      split = ",",
      paramLabel = "EPOCHS",
      description = "µ falls along half a cosine over so many epochs; 0: no.")
  private List<String> cosineEpochs = List.of();

  @Option(
      names = "--cosine-floor",
      split = ",",
      paramLabel = "F",
      description = "Where the cosine ends, as a factor of µ.")
  private List<String> cosineFloors = List.of();

  @Option(
      names = "--warmup-epochs",
      split = ",",
      paramLabel = "N",
      description = "Epochs in which µ rises linearly to what the schedule says.")
  private List<String> warmUpEpochs = List.of();

  @Option(
      names = "--learner",
      split = ",",
      paramLabel = "ENGINE",
      description = "FUSED or DJL; without it the faster one that can train so.")
  private List<String> learners = List.of();

  @Option(
      names = "--seeds",
      split = ",",
      paramLabel = "N",
      description = "Seeds of weights and of the order of examples, each with every combination.")
  private List<Long> seeds = List.of();

  SweepSpec.Overrides overrides() {
    Map<Setting, List<String>> values = new EnumMap<>(Setting.class);
    put(values, Setting.BATCH_SIZE, batchSizes);
    put(values, Setting.LEARNING_RATE, learningRates);
    put(values, Setting.WEIGHT_DECAY, weightDecays);
    put(values, Setting.MOMENTUM, momenta);
    put(values, Setting.ARCHITECTURE, architectures);
    put(values, Setting.HIDDEN, hidden);
    put(values, Setting.BATCH_NORM, batchNorms);
    put(values, Setting.INITIALIZATION, initializations);
    put(values, Setting.EPOCHS, epochs);
    put(values, Setting.MILESTONES, milestones);
    put(values, Setting.DECAY_FACTOR, decayFactors);
    put(values, Setting.OPTIMIZER, optimizers);
    put(values, Setting.DECAY_ON, decayOn);
    put(values, Setting.CLIP_NORM, clipNorms);
    put(values, Setting.LOSS, losses);
    put(values, Setting.COSINE_EPOCHS, cosineEpochs);
    put(values, Setting.COSINE_FLOOR, cosineFloors);
    put(values, Setting.WARM_UP_EPOCHS, warmUpEpochs);
    put(values, Setting.LEARNER, learners);
    return new SweepSpec.Overrides(values, seeds, data);
  }

  private static void put(Map<Setting, List<String>> values, Setting setting, List<String> given) {
    if (!given.isEmpty()) {
      values.put(setting, List.copyOf(given));
    }
  }
}
