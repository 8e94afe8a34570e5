package io.rankfall.cli;

import io.rankfall.compress.CompressionReport;
import io.rankfall.compress.CompressionReport.OnData;
import io.rankfall.compress.CompressionReport.Score;
import io.rankfall.compress.InputSpan;
import io.rankfall.compress.LatencyComparison;
import io.rankfall.compress.OutputChange;
import io.rankfall.compress.RankPlan;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What {@code compress} prints: the layers, then both models side by side. */
final class CompressionText {
  private final Console console;

  CompressionText(Console console) {
    this.console = console;
  }

  void print(CompressionReport report) {
    layers(report);
    skipped(report);
    console.out().println();
    totals(report);
    report.onData().forEach(this::change);
    spans(report);
  }

  private void layers(CompressionReport report) {
    Table table = new Table("layer", "shape", "rank", "parameters", "loses", "");
    for (RankPlan.Layer layer : report.plan().layers()) {
      RankPlan.Factored factored = layer.choice() instanceof RankPlan.Factored f ? f : null;
      table.add(
          layer.name(),
          layer.shape(),
          factored == null ? layer.choice().kind() : factored.how().ranks(),
          "%,d".formatted(layer.parameters()),
          factored == null ? "–" : "%.2f %%".formatted(100 * layer.lossShare()),
          layer.choice().reason());
    }
    table.lines().forEach(console.out()::println);
  }

  private void skipped(CompressionReport report) {
    if (report.skipped().isEmpty()) {
      return;
    }
    Table table = new Table("left alone", "shape", "");
    report.skipped().forEach(weight -> table.add(weight.name(), weight.shape(), weight.reason()));
    console.out().println();
    table.lines().forEach(console.out()::println);
  }

  private void totals(CompressionReport report) {
    Table table = new Table("", "dense", "compressed", "");
    CompressionReport.Totals before = report.dense();
    CompressionReport.Totals after = report.compressed();
    count(table, "parameters", before.parameters(), after.parameters());
    count(table, "bytes", before.bytes(), after.bytes());
    if (before.macs().isPresent() && after.macs().isPresent()) {
      count(table, "MACs", before.macs().getAsLong(), after.macs().getAsLong());
    }
    for (LatencyComparison latency : report.latencies()) {
      table.add(
          "latency, batch " + latency.batch(),
          time(latency.denseNanos()),
          time(latency.candidateNanos()),
          latency.speedup() >= 1
              ? "%.2f× faster".formatted(latency.speedup())
              : "%.2f× slower".formatted(1 / latency.speedup()));
    }
    for (OnData onData : report.onData()) {
      onData.score().ifPresent(score -> score(table, onData, score));
    }
    table.lines().forEach(console.out()::println);
  }

  private static void count(Table table, String what, long before, long after) {
    table.add(
        what,
        "%,d".formatted(before),
        "%,d".formatted(after),
        "%.1f %%, %.1f× fewer".formatted(100.0 * after / before, before / (double) after));
  }

  private static void score(Table table, OnData onData, Score score) {
    table.add(
        score.metric(),
        "%.2f %%".formatted(100 * score.dense()),
        "%.2f %%".formatted(100 * score.compressed()),
        "%+.2f points on %s%s".formatted(-score.drop(), onData.data(), role(onData)));
  }

  private static String role(OnData onData) {
    return switch (onData.role()) {
      case SEARCHED -> ", searched";
      case MEASURED -> "";
      case UNSEEN -> ", not seen before";
    };
  }

  private void change(OnData onData) {
    OutputChange change = onData.change();
    console
        .out()
        .printf(
            "outputs on %s (%,d examples%s): changed by %s, cosine %.4f, %.1f %% with the same largest entry%n",
            onData.data(),
            onData.examples(),
            role(onData),
            number(change.relative()),
            change.cosine(),
            100 * change.agreement());
  }

  /** The layer of whose inputs calibration showed the smallest share. */
  private void spans(CompressionReport report) {
    List<InputSpan> known = report.inputs().stream().flatMap(Optional::stream).toList();
    known.stream()
        .min(Comparator.comparingDouble(span -> span.rank() / (double) span.width()))
        .ifPresent(
            least ->
                console
                    .out()
                    .printf(
                        "calibration: inputs span %,d of %,d directions at least, with a condition number of %.0e at most%n",
                        least.rank(),
                        least.width(),
                        known.stream().mapToDouble(InputSpan::condition).max().orElse(1)));
  }

  static String number(double value) {
    return value != 0 && Math.abs(value) < 1e-3
        ? "%.1e".formatted(value)
        : value >= 1e6 ? "%,.0f".formatted(value) : "%.4g".formatted(value);
  }

  private static String time(long nanos) {
    return nanos < 1_000_000
        ? "%.1f µs".formatted(nanos * 1e-3)
        : "%.2f ms".formatted(nanos * 1e-6);
  }
}
