package io.rankfall.cli;

import static java.util.Objects.requireNonNull;

import io.rankfall.train.plan.Memory;
import io.rankfall.train.plan.RankTarget;
import java.util.List;
import java.util.stream.Collectors;

/** What the theorem asks of a training, for a person. */
final class BoundAnswerText {
  private BoundAnswerText() {}

  static void print(BoundAnswer answer, Console console) {
    RankTarget target = answer.target();
    if (!answer.free().isEmpty()) {
      console.paragraph(
          "%s: nothing is needed, no such matrix has a rank above %d."
              .formatted(names(answer.free()), target.rank()));
    }
    switch (answer.outcome()) {
      case NOTHING_NEEDED -> {}
      case IMPOSSIBLE -> impossible(answer, console);
      case NEEDED -> needed(answer, console);
    }
  }

  private static String names(List<LayerShape> layers) {
    return layers.stream().map(LayerShape::toString).collect(Collectors.joining(", "));
  }

  private static String asked(BoundAnswer answer) {
    return names(answer.layers().stream().filter(l -> !answer.free().contains(l)).toList());
  }

  private static void impossible(BoundAnswer answer, Console console) {
    RankTarget target = answer.target();
    long least = target.leastRank();
    if (least <= target.rank()) {
      console.paragraph(
          "%s: no µ·wd below 1 promises rank %d within ε = %s in double precision; a larger --epsilon would."
              .formatted(asked(answer), target.rank(), RunsTable.number(target.epsilon())));
      return;
    }
    int batch = target.rank() / target.positions();
    console.paragraph(
        "%s: no decay promises rank %d. The gradient of one step alone can have rank B·R = %d·%d = %,d."
            .formatted(
                asked(answer), target.rank(), target.batchSize(), target.positions(), least));
    console.paragraph(
        batch < 1
            ? "Possible: a rank of %d or more; with %d positions not even a single example has less."
                .formatted(target.positions(), target.positions())
            : "Possible: rank %,d or more at this batch size, or batches of up to %d for rank %d."
                .formatted(least, batch, target.rank()));
  }

  private static void needed(BoundAnswer answer, Console console) {
    RankTarget target = answer.target();
    long steps = requireNonNull(answer.steps(), "steps");
    double product = requireNonNull(answer.product(), "product");
    console.paragraph(
        "%s: rank %d within ε = %s of ‖W‖F is promised (arXiv 2206.05794) by plain SGD with"
            .formatted(asked(answer), target.rank(), RunsTable.number(target.epsilon())));
    console.out().println();
    console.out().println("    " + setting(answer, product));
    console.out().println();
    console.paragraph(
        "since B·R·n(ε) = %d·%d·%d = %,d: from step %,d on (%.2g epochs of %,d examples), wherever ‖W‖F has not halved within these %d steps."
            .formatted(
                target.batchSize(),
                target.positions(),
                steps,
                requireNonNull(answer.promisedRank(), "rank"),
                steps,
                requireNonNull(answer.epochs(), "epochs"),
                answer.examples(),
                steps));
    warn(answer, steps, requireNonNull(answer.memory(), "memory"), console);
  }

  private static String setting(BoundAnswer answer, double product) {
    Double rate = answer.learningRate();
    Double decay = answer.weightDecay();
    if (rate == null || decay == null) {
      return "µ·wd >= " + BoundAnswer.roundedUp(product, 1);
    }
    boolean decayFound = answer.found() == BoundAnswer.Found.WEIGHT_DECAY;
    return (decayFound
            ? "wd >= %s at µ = %s     (µ·wd = %.4g)"
            : "µ >= %s at wd = %s     (µ·wd = %.4g)")
        .formatted(
            decayFound
                ? BoundAnswer.roundedUp(decay, 1 / rate)
                : BoundAnswer.roundedUp(rate, 1 / decay),
            RunsTable.number(decayFound ? rate : decay),
            product);
  }

  private static void warn(BoundAnswer answer, long steps, Memory memory, Console console) {
    String remembers =
        "such weights are, within ε, made of the last %,d examples; a gradient stays for 1/(µ·wd) steps, %.2g epochs."
            .formatted(steps * answer.target().batchSize(), memory.epochs());
    switch (memory.outlook()) {
      case LEARNS ->
          console.paragraph(
              "This trains: a gradient stays for %.2g epochs.".formatted(memory.epochs()));
      case COSTS ->
          console.paragraph(
              "Warning: "
                  + remembers
                  + " Trainings measured between a fifth of an epoch and one lost 0 to 11 points of test accuracy (docs/planning.md).");
      case FORGETS -> {
        console.paragraph(
            "Warning: "
                + remembers
                + " Below a fifth of an epoch networks of 3 and 10 hidden layers, on 60,000 images, ended at chance (8 of 9 runs; the ninth at 20 %). One wide layer on 3,000 images learned, but far less: 49 to 60 % test accuracy, 77 % without decay (docs/planning.md).");
        console.paragraph(
            "With a memory of one epoch, µ·wd = B/N, the theorem promises no rank below %,d. Measured ranks are far below the bound: ask runs, with 'rankfall plan STUDY --rank %d'."
                .formatted(answer.leastTrainable(), answer.target().rank()));
      }
    }
  }
}
