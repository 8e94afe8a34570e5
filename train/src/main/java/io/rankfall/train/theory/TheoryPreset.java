package io.rankfall.train.theory;

import io.rankfall.train.Dataset;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Mlp.Normalization;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A training in which the theory can be seen: windows short enough for bounds that say something,
 * and controls without them.
 *
 * @param description one line
 * @param examples the first ones of the training data are the whole training data
 */
public record TheoryPreset(
    String name,
    String description,
    int examples,
    List<Integer> hidden,
    Normalization normalization,
    int batchSize,
    Optimizer optimizer,
    int epochs) {

  /** All of them, on 28×28 images of ten classes. */
  public static final List<TheoryPreset> ALL =
      List.of(
          plain("one-example", "B=1, µ·wd=0.01: the bound holds at every ε", 1, 0.02, 0.5, 0, 2),
          plain("paper-window", "B=1, µ·wd=0.005: the window of 1,517 steps", 1, 0.01, 0.5, 0, 2),
          plain(
              "two-examples",
              "B=2, µ·wd=0.02: the same bounds from half the window",
              2,
              0.04,
              0.5,
              0,
              4),
          new TheoryPreset(
              "wide",
              "B=4, µ·wd=0.02, batch normalisation: a 2048x2048 layer",
              2000,
              List.of(2048, 2048),
              Normalization.BATCH,
              4,
              new Optimizer(0.5, 0.04, 0, StepSchedule.CONSTANT),
              4),
          new TheoryPreset(
              "schedule",
              "B=1, µ falls to a fifth after epoch 2: the window grows fivefold",
              2000,
              List.of(1024),
              Normalization.NONE,
              1,
              new Optimizer(0.02, 0.5, 0, new StepSchedule(List.of(2), 0.2)),
              4),
          plain(
              "momentum", "B=1, µ·wd/(1-m)=0.0125: heavy-ball momentum 0.6", 1, 0.01, 0.5, 0.6, 2),
          plain("no-decay", "B=1, wd=0, the control: no window, the rank stays", 1, 0.02, 0, 0, 2));

  private static TheoryPreset plain(
      String name,
      String description,
      int batchSize,
      double rate,
      double weightDecay,
      double momentum,
      int epochs) {
    return new TheoryPreset(
        name,
        description,
        3000,
        List.of(1024),
        Normalization.NONE,
        batchSize,
        new Optimizer(rate, weightDecay, momentum, StepSchedule.CONSTANT),
        epochs);
  }

  /**
   * The preset of that name.
   *
   * @throws IllegalArgumentException in one line, if there is none
   */
  public static TheoryPreset named(String name) {
    return ALL.stream()
        .filter(preset -> preset.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "preset: expected one of %s, found %s"
                        .formatted(
                            ALL.stream().map(TheoryPreset::name).collect(Collectors.joining(", ")),
                            name)));
  }

  /** The training, on {@code dataset.first(examples)}. */
  public RunSpec spec(Dataset dataset, long seed) {
    Dataset first = dataset.first(examples);
    return new RunSpec(
        first.name(),
        new Mlp(first.train().features(), hidden, first.train().classes(), normalization),
        Initialization.HE,
        batchSize,
        optimizer,
        epochs,
        seed,
        LearnerKind.FUSED);
  }
}
