package io.rankfall.cli;

import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.LayerSpectrum;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** One line an epoch under a heading: every epoch on a terminal, at most one a minute elsewhere. */
final class EpochLines {
  private static final long NANOS_BETWEEN_LINES = 60_000_000_000L;

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
      console.progress("Ranks count σ/‖W‖F above 1e-3 and 1e-2, layer by layer.");
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
            perLayer(record.layers(), s -> String.valueOf(s.rank(RankRule.FROBENIUS_THOUSANDTH))),
            perLayer(record.layers(), s -> String.valueOf(s.rank(RankRule.FROBENIUS_HUNDREDTH))),
            perLayer(record.layers(), s -> "%.1f".formatted(s.stableRank())),
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

  private static String perLayer(List<LayerSpectrum> layers, Function<Spectrum, String> measure) {
    return layers.stream()
        .map(layer -> measure.apply(layer.spectrum()))
        .collect(Collectors.joining("/"));
  }

  private static String percent(double share) {
    return "%.1f%%".formatted(100 * share);
  }
}
