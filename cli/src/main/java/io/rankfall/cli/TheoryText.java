package io.rankfall.cli;

import io.rankfall.train.theory.BoundCheck;
import io.rankfall.train.theory.EpochBounds;
import io.rankfall.train.theory.EpochBounds.EpsilonCheck;
import io.rankfall.train.theory.GradientRank;
import io.rankfall.train.theory.IdentityCheck;
import io.rankfall.train.theory.LayerTheory;
import io.rankfall.train.theory.MemoryWindow;
import io.rankfall.train.theory.Movement;
import io.rankfall.train.theory.TestAccuracy;
import io.rankfall.train.theory.TheoryReport;
import io.rankfall.train.theory.Verdict;
import io.rankfall.train.theory.WitnessPoint;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A {@link TheoryReport} as tables with plain words between them. */
final class TheoryText {
  private TheoryText() {}

  static void print(TheoryReport report, Console console) {
    console.paragraph(setting(report));
    console.paragraph(accuracy(report.accuracy()));
    console.paragraph(window(report));
    section(console, "Steps: the gradient's rank, and what the weights are made of", steps(report));
    section(console, "Bounds at the end: is W within ε·‖W‖F of rank B·R·n?", bounds(report));
    section(console, "Rest: small batches with decay cannot settle", movements(report));
    console.out().println();
    report.notes().forEach(note -> console.paragraph("Note: " + note));
    console.paragraph(conclusion(report));
  }

  private static void section(Console console, String title, Table table) {
    console.out().printf("%n%s%n", title);
    table.lines().forEach(line -> console.out().println("  " + line));
  }

  private static String setting(TheoryReport report) {
    return "%s on %s: B = %d, µ = %s, wd = %s (the paper's λ = %s), momentum %s; %,d steps, %s."
        .formatted(
            report.spec().architecture().shortLabel(),
            report.spec().dataset(),
            report.spec().batchSize(),
            number(report.spec().optimizer().learningRate()),
            number(report.spec().optimizer().weightDecay()),
            number(report.lambda()),
            number(report.spec().optimizer().momentum()),
            report.steps(),
            report.outcome().equals(TheoryReport.COMPLETED) ? "completed" : report.outcome());
  }

  private static String accuracy(TestAccuracy found) {
    return "Test accuracy after epoch %d: %s; always naming the most frequent class has %s.%s"
        .formatted(
            found.epoch(),
            percent(found.accuracy()),
            percent(found.guess()),
            found.collapsed() ? " THE NETWORK HAS COLLAPSED, or never learned." : "");
  }

  private static String percent(double share) {
    return "%.1f %%".formatted(100 * share);
  }

  private static String window(TheoryReport report) {
    if (report.windows().stream().allMatch(window -> window.steps() == null)) {
      return "A step forgets nothing: the memory window is infinite.";
    }
    return "In the long run a step keeps %.6g of the weights. Memory window: %s."
        .formatted(
            report.spectralRadius(),
            report.windows().stream().map(TheoryText::window).collect(Collectors.joining(", ")));
  }

  private static String window(MemoryWindow window) {
    Long steps = window.steps();
    return "%s at ε = %s"
        .formatted(
            steps == null ? "infinite" : "%,d steps".formatted(steps), number(window.epsilon()));
  }

  private static Table steps(TheoryReport report) {
    Table table =
        new Table(
            "layer",
            "shape",
            "rank(G)",
            "≤",
            "residual",
            "≤",
            "V_n: n",
            "rank",
            "≤",
            "error",
            "predicted",
            "best");
    for (LayerTheory layer : report.layers()) {
      String ranks = range(layer.gradients().stream().map(GradientRank::numerical).toList());
      String bounds = range(layer.gradients().stream().map(GradientRank::bound).toList());
      IdentityCheck identity = last(layer.identity());
      WitnessPoint witness = last(layer.witness());
      table.add(
          layer.name(),
          layer.rows() + "×" + layer.cols(),
          ranks,
          bounds,
          identity == null ? "–" : short2(identity.residual()),
          identity == null ? "–" : short2(identity.roundingBound()),
          witness == null ? "–" : "%,d".formatted(witness.steps()),
          witness == null ? "–" : String.valueOf(witness.measuredRank()),
          witness == null ? "–" : String.valueOf(witness.rankBound()),
          witness == null ? "–" : short2(witness.error()),
          witness == null ? "–" : short2(witness.predicted()),
          witness == null ? "–" : short2(witness.bestError()));
    }
    return table;
  }

  private static Table bounds(TheoryReport report) {
    Table table =
        new Table("layer", "ε", "window n", "bound", "ε-rank", "of", "verdict", "", "shortest n");
    for (LayerTheory layer : report.layers()) {
      EpochBounds end = last(layer.epochs());
      for (EpsilonCheck check : end == null ? List.<EpsilonCheck>of() : end.checks()) {
        BoundCheck apriori = check.apriori();
        BoundCheck shortest = check.shortest();
        table.add(
            layer.name(),
            number(apriori.bound().window().epsilon()),
            count(apriori.bound().window().steps()),
            count(apriori.bound().rank()),
            String.valueOf(apriori.measuredRank()),
            String.valueOf(apriori.bound().fullRank()),
            apriori.verdict().name(),
            reason(apriori),
            shortest == null
                ? "–"
                : "%,d: %,d".formatted(shortest.bound().window().steps(), shortest.bound().rank()));
      }
    }
    return table;
  }

  static String reason(BoundCheck check) {
    Double premise = check.premise();
    return switch (check.verdict()) {
      case HOLDS -> "%,d below".formatted(check.slack());
      case VACUOUS -> check.bound().rank() == null ? "no window" : "any matrix does";
      case NOT_YET ->
          premise == null
              ? notMeasured(check)
              : premise.isInfinite()
                  ? "W is zero"
                  : "norm fell: %s of W is older".formatted(short2(premise));
      case VIOLATED ->
          "%,d above".formatted(-Math.min(0, check.slack() == null ? 0 : check.slack()));
    };
  }

  /** As the page's theory-verdicts.js. */
  private static String notMeasured(BoundCheck check) {
    if (check.stepsNeeded() != null) {
      return "from step %,d on".formatted(check.stepsNeeded());
    }
    Long window = check.bound().window().steps();
    return window != null && window > check.steps()
        ? "no training is long enough"
        : "norms not measured";
  }

  private static Table movements(TheoryReport report) {
    Table table = new Table("layer", "moves an epoch", "moves a step", "≥ µ·wd·error at rank B·R");
    for (LayerTheory layer : report.layers()) {
      Movement epoch = last(layer.movements());
      Movement step =
          layer.movements().stream()
              .filter(movement -> movement.stepDistance() != null)
              .reduce((a, b) -> b)
              .orElse(null);
      table.add(
          layer.name(),
          epoch == null ? "–" : short2(epoch.epochDistance()),
          step == null ? "–" : short2(step.stepDistance()),
          step == null ? "–" : short2(step.stepFloor()));
    }
    return table;
  }

  static String conclusion(TheoryReport report) {
    if (!report.holds()) {
      return "Something that must hold does not: "
          + report.layers().stream()
              .filter(layer -> !layer.holds())
              .map(LayerTheory::name)
              .collect(Collectors.joining(", "))
          + ". Either the code or the theorem is wrong.";
    }
    long gradients = report.layers().stream().mapToLong(layer -> layer.gradients().size()).sum();
    long identities = report.layers().stream().mapToLong(layer -> layer.identity().size()).sum();
    long bounds =
        report.layers().stream()
            .flatMap(layer -> layer.epochs().stream())
            .flatMap(epoch -> epoch.checks().stream())
            .filter(check -> check.apriori().verdict() == Verdict.HOLDS || check.shortest() != null)
            .count();
    String found =
        "As the theory says: all %,d gradients looked at, ".formatted(gradients)
            + (identities == 0 ? "" : "all %,d identities, ".formatted(identities))
            + (bounds == 0
                ? "and no bound on the rank says anything here."
                : "and the rank at %,d bounds over the epochs.".formatted(bounds));
    return report.accuracy().collapsed() ? found + collapse(report.accuracy()) : found;
  }

  private static String collapse(TestAccuracy found) {
    return (" But none of it is success: with %s on the test examples the network does not beat"
            + " guessing (%s, and %s of margin). A matrix that has forgotten everything is of low"
            + " rank, too.")
        .formatted(percent(found.accuracy()), percent(found.guess()), percent(found.margin()));
  }

  private static <T> @Nullable T last(List<T> all) {
    return all.isEmpty() ? null : all.get(all.size() - 1);
  }

  private static String range(List<Integer> values) {
    int least = values.stream().mapToInt(Integer::intValue).min().orElse(0);
    int most = values.stream().mapToInt(Integer::intValue).max().orElse(0);
    return least == most ? String.valueOf(most) : least + "–" + most;
  }

  private static String count(@Nullable Long value) {
    return value == null ? "∞" : "%,d".formatted(value);
  }

  private static String short2(@Nullable Double value) {
    return value == null ? "–" : "%.2g".formatted(value);
  }

  private static String number(double value) {
    return value == (long) value ? String.valueOf((long) value) : String.valueOf(value);
  }
}
