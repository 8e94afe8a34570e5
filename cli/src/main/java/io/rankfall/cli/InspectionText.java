package io.rankfall.cli;

import io.rankfall.compress.InspectedMatrix;
import io.rankfall.compress.InspectedProduct;
import io.rankfall.compress.Inspection;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import java.util.Comparator;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** An inspection as tables for a person: what can be saved comes first. */
final class InspectionText {
  static final RankRule SPECTRAL_HUNDREDTH = new RankRule.SpectralRelative(1e-2);
  static final RankRule NUMERICAL = new RankRule.Numerical();

  /** With a larger Kolmogorov–Smirnov distance the tail is no power law. */
  private static final double POOR_FIT = 0.2;

  private InspectionText() {}

  static void print(Inspection inspection, Console console) {
    matrices(inspection).lines().forEach(console.out()::println);
    if (!inspection.products().isEmpty()) {
      console.out().println();
      products(inspection.products()).lines().forEach(console.out()::println);
    }
    inspection
        .skipped()
        .forEach(s -> console.out().printf("skipped %s %s: %s%n", s.name(), s.shape(), s.reason()));
    if (!inspection.matrices().isEmpty()) {
      console.out().printf("%n%s%n", summary(inspection));
    }
  }

  static Table matrices(Inspection inspection) {
    Table table =
        new Table(
            "matrix",
            "shape",
            "share",
            "1e-3",
            "1e-2",
            "σ₁·1e-2",
            "numerical",
            "99 %",
            "random",
            "stable",
            "effective",
            "α",
            "break-even",
            "saves");
    inspection.matrices().stream()
        .sorted(Comparator.comparingLong(InspectedMatrix::saved).reversed())
        .forEach(matrix -> table.add(row(matrix, inspection.parameters())));
    return table;
  }

  private static String[] row(InspectedMatrix m, long parameters) {
    Spectrum s = m.spectrum();
    return new String[] {
      m.name(),
      m.rows() + "×" + m.cols(),
      percent(m.share()),
      String.valueOf(s.rank(RankRule.FROBENIUS_THOUSANDTH)),
      String.valueOf(s.rank(RankRule.FROBENIUS_HUNDREDTH)),
      String.valueOf(s.rank(SPECTRAL_HUNDREDTH)),
      String.valueOf(s.rank(NUMERICAL)),
      String.valueOf(s.energyRank(InspectedMatrix.ENERGY)),
      String.valueOf(m.randomReference().energyRank(InspectedMatrix.ENERGY)),
      "%.1f".formatted(s.stableRank()),
      "%.1f".formatted(s.effectiveRank()),
      m.powerLaw()
          .map(law -> (law.distance() > POOR_FIT ? "(%.1f)" : "%.1f").formatted(law.alpha()))
          .orElse("–"),
      String.valueOf(m.breakEvenRank()),
      m.saved() == 0 ? "–" : percent(m.saved() / (double) parameters)
    };
  }

  private static Table products(List<InspectedProduct> products) {
    Table table = new Table("product", "shape", "heads", "width", "99 %", "stable", "effective");
    for (InspectedProduct product : products) {
      table.add(
          "%s %s".formatted(product.name(), product.kind().label()),
          product.rows() + "×" + product.cols(),
          product.together() ? "together" : String.valueOf(product.heads().size()),
          String.valueOf(product.heads().get(0).size()),
          range(product.over(head -> head.energyRank(InspectedMatrix.ENERGY))),
          mean(product, Spectrum::stableRank),
          mean(product, Spectrum::effectiveRank));
    }
    return table;
  }

  private static String range(IntSummaryStatistics ranks) {
    return ranks.getMin() == ranks.getMax()
        ? String.valueOf(ranks.getMin())
        : "%d to %d".formatted(ranks.getMin(), ranks.getMax());
  }

  private static String mean(InspectedProduct product, ToDoubleFunction<Spectrum> measure) {
    return "%.1f".formatted(product.heads().stream().mapToDouble(measure).average().orElse(0));
  }

  private static String summary(Inspection inspection) {
    double share = inspection.matrices().stream().mapToDouble(InspectedMatrix::share).sum();
    long saved = inspection.matrices().stream().mapToLong(InspectedMatrix::saved).sum();
    return "%d matrices hold %s of %,d parameters. Factors that keep 99 %% of each Σσ² would save %,d, %s."
        .formatted(
            inspection.matrices().size(),
            percent(share),
            inspection.parameters(),
            saved,
            percent(saved / (double) inspection.parameters()));
  }

  private static String percent(double share) {
    return "%.1f %%".formatted(100 * share);
  }
}
