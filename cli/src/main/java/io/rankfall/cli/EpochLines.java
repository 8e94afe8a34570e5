package io.rankfall.cli;

import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.LayerSpectrum;
import io.rankfall.train.graph.Watched;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** One line an epoch under a heading: every epoch on a terminal, at most one a minute elsewhere. */
final class EpochLines {
  private static final long NANOS_BETWEEN_LINES = 60_000_000_000L;

  /** More are told by mean and range. */
  private static final int MOST_LAYERS_APART = 5;

  private final Console console;
  private final int epochs;
  private final int nameWidth;
  private boolean headed;
  private long lastLine = System.nanoTime() - NANOS_BETWEEN_LINES;

  EpochLines(Console console, int epochs, int nameWidth) {
    this.console = console;
    this.epochs = epochs;
    this.nameWidth = nameWidth;
  }

  synchronized void print(String run, EpochRecord record, String timeLeft) {
    long now = System.nanoTime();
    boolean last = record.epoch() == epochs;
    if (!console.terminal() && !last && now - lastLine < NANOS_BETWEEN_LINES) {
      return;
    }
    lastLine = now;
    if (!headed) {
      headed = true;
      console.progress(
          "Ranks count σ/‖W‖F above 1e-3 and 1e-2, "
              + (record.layers().size() <= MOST_LAYERS_APART
                  ? "layer by layer."
                  : "mean and range over all matrices but classifier, shortcuts and products."));
      console.progress(
          line(
              "run",
              "epoch",
              "loss",
              "train",
              "test",
              "rank 1e-3",
              "rank 1e-2",
              "stable rank",
              "ETA"));
    }
    Evaluation training = record.training();
    console.progress(
        line(
            run,
            record.epoch() + "/" + epochs,
            training == null ? "–" : "%.4f".formatted(training.loss()),
            training == null ? "–" : percent(training.accuracy()),
            percent(record.test().accuracy()),
            ranks(record, RankRule.FROBENIUS_THOUSANDTH),
            ranks(record, RankRule.FROBENIUS_HUNDREDTH),
            perLayer(record.layers(), "%.1f", Spectrum::stableRank),
            timeLeft));
  }

  private String line(
      String run,
      String epoch,
      String loss,
      String train,
      String test,
      String rank3,
      String rank2,
      String stable,
      String left) {
    return ("%-" + nameWidth + "s %7s %7s %6s %6s  %-15s %-15s %-21s %5s")
        .formatted(run, epoch, loss, train, test, rank3, rank2, stable, left)
        .stripTrailing();
  }

  private static String ranks(EpochRecord record, RankRule rule) {
    return perLayer(record.layers(), "%.0f", spectrum -> spectrum.rank(rule));
  }

  private static String perLayer(
      List<LayerSpectrum> layers, String format, ToDoubleFunction<Spectrum> measure) {
    if (layers.size() <= MOST_LAYERS_APART) {
      return layers.stream()
          .map(layer -> format.formatted(measure.applyAsDouble(layer.spectrum())))
          .collect(Collectors.joining("/"));
    }
    DoubleSummaryStatistics counted =
        Watched.counted(layers, LayerSpectrum::name).stream()
            .mapToDouble(layer -> measure.applyAsDouble(layer.spectrum()))
            .summaryStatistics();
    return "%.1f (%s-%s)"
        .formatted(
            counted.getAverage(),
            format.formatted(counted.getMin()),
            format.formatted(counted.getMax()));
  }

  private static String percent(double share) {
    return "%.1f%%".formatted(100 * share);
  }
}
