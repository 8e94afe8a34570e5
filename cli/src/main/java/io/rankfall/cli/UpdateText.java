package io.rankfall.cli;

import io.rankfall.train.theory.UpdateRank;
import io.rankfall.train.theory.UpdateReport;
import java.util.Locale;
import java.util.function.ToIntFunction;

/** An {@link UpdateReport} as a table between plain words. */
final class UpdateText {
  private UpdateText() {}

  static void print(UpdateReport report, Console console) {
    console.paragraph(
        "%s on %s with %s, B = %d: %s."
            .formatted(
                report.spec().architecture().shortLabel(),
                report.spec().dataset(),
                report.spec().optimizer().method(),
                report.spec().batchSize(),
                report.outcome().toLowerCase(Locale.ROOT)));
    console.paragraph(report.why() + " What a step adds, W_t - (1 - µ*wd)*W_(t-1), is measured:");
    console.out().println();
    Table table =
        new Table("layer", "shape", "rank(G)", "≤", "rank of the update", "99 % of it", "of");
    for (UpdateReport.Layer layer : report.layers()) {
      table.add(
          layer.name(),
          layer.rows() + "×" + layer.cols(),
          range(layer, update -> update.gradient().numerical()),
          range(layer, update -> update.gradient().bound()),
          range(layer, UpdateRank::rank),
          range(layer, UpdateRank::energyRank),
          String.valueOf(Math.min(layer.rows(), layer.cols())));
    }
    table.lines().forEach(line -> console.out().println("  " + line));
    console.out().println();
    console.paragraph(conclusion(report));
  }

  private static String conclusion(UpdateReport report) {
    long all = report.layers().stream().mapToLong(layer -> layer.updates().size()).sum();
    long above =
        report.layers().stream()
            .flatMap(layer -> layer.updates().stream())
            .filter(UpdateRank::exceedsGradients)
            .count();
    return "%s; %,d of %,d updates looked at are of higher rank than any gradient of such a batch."
        .formatted(
            report.holds()
                ? "Every gradient keeps to min(d_out, d_in, B·R)"
                : "A gradient is of higher rank than it can be: the code is wrong",
            above,
            all);
  }

  private static String range(UpdateReport.Layer layer, ToIntFunction<UpdateRank> measure) {
    var found = layer.updates().stream().mapToInt(measure).summaryStatistics();
    if (found.getCount() == 0) {
      return "–";
    }
    return found.getMin() == found.getMax()
        ? String.valueOf(found.getMax())
        : found.getMin() + "–" + found.getMax();
  }
}
