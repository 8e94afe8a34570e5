package io.rankfall.cli;

import io.rankfall.train.theory.MemoryWindow;
import io.rankfall.train.theory.ModelBound;
import io.rankfall.train.theory.ModelTheory;
import java.util.stream.Collectors;

/** A {@link ModelTheory} as a table between plain words. */
final class ModelTheoryText {
  private ModelTheoryText() {}

  static void print(ModelTheory theory, Console console) {
    console.paragraph(
        "%s, trained for %,d steps of B = %d with µ*wd = %.3g at the end. Memory window: %s."
            .formatted(
                theory.file(),
                theory.steps(),
                theory.batchSize(),
                theory.decayOfAStep(),
                theory.windows().stream()
                    .map(ModelTheoryText::window)
                    .collect(Collectors.joining(", "))));
    console.out().println();
    Table table = new Table("layer", "shape", "R", "ε", "bound", "ε-rank", "of", "finding", "");
    for (ModelTheory.Layer layer : theory.layers()) {
      String shape = layer.rows() + "×" + layer.cols();
      Integer positions = layer.positions();
      if (positions == null) {
        table.add(layer.name(), shape, "?", "–", "–", "–", "–", "–", "give --positions");
      }
      for (ModelBound bound : layer.bounds()) {
        Long rank = bound.bound().rank();
        table.add(
            layer.name(),
            shape,
            String.valueOf(positions),
            String.valueOf(bound.bound().window().epsilon()),
            rank == null ? "∞" : "%,d".formatted(rank),
            String.valueOf(bound.measuredRank()),
            String.valueOf(bound.bound().fullRank()),
            bound.finding().name(),
            reason(bound));
      }
    }
    table.lines().forEach(line -> console.out().println("  " + line));
    console.out().println();
    console.paragraph(
        "WITHIN and ABOVE compare ranks only: whether the norm has more than halved within the window,"
            + " the theorem's premise, a file does not say. 'rankfall theory RUN' measures it.");
  }

  private static String window(MemoryWindow window) {
    Long steps = window.steps();
    return (steps == null ? "infinite" : "%,d steps".formatted(steps))
        + " at ε = "
        + window.epsilon();
  }

  private static String reason(ModelBound bound) {
    Long rank = bound.bound().rank();
    long slack = rank == null ? 0 : rank - bound.measuredRank();
    Long needed = bound.stepsNeeded();
    return switch (bound.finding()) {
      case VACUOUS -> rank == null ? "no window" : "any matrix does";
      case NOT_YET -> needed == null ? "too few steps" : "from step %,d on".formatted(needed);
      case WITHIN -> "%,d below".formatted(slack);
      case ABOVE -> "%,d above: the norm fell, or other settings".formatted(-slack);
    };
  }
}
