package io.rankfall.study.report;

import io.rankfall.spectra.MarchenkoPastur;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.statistics.StudyStatistics;
import io.rankfall.study.store.Compressibility.Smallest;
import io.rankfall.study.store.StoredEpoch;
import io.rankfall.study.store.StoredLayer;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the page of a study draws; field names are those of the JSON in it. Lists of numbers that
 * grow with the study are strings of {@link Float32}.
 *
 * @param thresholds τ of the ranks of every epoch, ascending
 * @param testExamples behind every test accuracy
 * @param provenance what the numbers were made on, one line each
 */
record StudyDocument(
    String study,
    String version,
    List<Double> thresholds,
    int testExamples,
    List<Network> networks,
    List<Run> runs,
    StudyStatistics statistics,
    List<String> provenance) {
  /** Ten a decade from 1e-4 to 0.1. */
  static final List<Double> THRESHOLDS =
      IntStream.rangeClosed(0, 30)
          .mapToObj(
              i -> new BigDecimal(Math.pow(10, i / 10.0 - 4), new MathContext(3)).doubleValue())
          .toList();

  /** More epochs of a run than this no small chart shows. */
  private static final int MOST_EPOCHS = 24;

  /**
   * All that runs have in common beside B, μ, wd and seed.
   *
   * @param label short, and different from the others'
   * @param settings in words
   */
  record Network(String label, String settings, List<Layer> layers) {}

  /**
   * A weight matrix.
   *
   * @param random σ/‖W‖_F to be expected of a random matrix of this shape
   */
  record Layer(String name, int rows, int cols, String random) {}

  /**
   * A training.
   *
   * @param network index in the document
   * @param state COMPLETED, UNTRAINED (no better than guessing), DIVERGED, FAILED or UNFINISHED
   * @param epochs those shown, ascending
   * @param accuracies test accuracy after each of them
   * @param ranks mean over the hidden layers after each of them, for every threshold in turn
   * @param spectra σ/‖W‖_F of all layers after the last epoch, one after the other
   */
  record Run(
      String id,
      int network,
      int batchSize,
      double learningRate,
      double weightDecay,
      long seed,
      String state,
      @Nullable String message,
      double seconds,
      List<Integer> epochs,
      String accuracies,
      String ranks,
      String spectra,
      @Nullable Double trainAccuracy,
      @Nullable Double testAccuracy,
      @Nullable Double trainLoss,
      @Nullable Double testLoss,
      List<Smallest> smallest) {}

  static Layer layer(StoredLayer layer) {
    Spectrum random = MarchenkoPastur.spectrum(layer.outputs(), layer.inputs());
    return new Layer(
        layer.name(), layer.outputs(), layer.inputs(), Float32.base64(normalised(random)));
  }

  /** Evenly thinned out, both ends kept. */
  static List<StoredEpoch> shown(List<StoredEpoch> epochs) {
    int last = epochs.size() - 1;
    if (last < MOST_EPOCHS) {
      return epochs;
    }
    return IntStream.range(0, MOST_EPOCHS)
        .mapToObj(i -> epochs.get((int) Math.round(i * (double) last / (MOST_EPOCHS - 1))))
        .toList();
  }

  static String accuracies(List<StoredEpoch> epochs) {
    return Float32.base64(epochs.stream().mapToDouble(epoch -> epoch.test().accuracy()));
  }

  static String ranks(List<StoredEpoch> epochs) {
    return Float32.base64(
        epochs.stream()
            .flatMapToDouble(
                epoch -> THRESHOLDS.stream().mapToDouble(threshold -> meanRank(epoch, threshold))));
  }

  /** NaN where spectra were not kept, but for the two thresholds whose ranks always are. */
  private static double meanRank(StoredEpoch epoch, double threshold) {
    List<StoredLayer> layers = epoch.layers();
    if (!layers.isEmpty() && layers.stream().allMatch(layer -> layer.spectrum() != null)) {
      RankRule rule = new RankRule.FrobeniusRelative(threshold);
      return StoredEpoch.hiddenMean(
          layers, layer -> Objects.requireNonNull(layer.spectrum()).rank(rule));
    }
    return threshold == 1e-3
        ? epoch.meanRank1e3()
        : threshold == 1e-2 ? epoch.meanRank1e2() : Double.NaN;
  }

  static String spectra(StoredEpoch epoch) {
    return Float32.base64(
        epoch.layers().stream()
            .map(StoredLayer::spectrum)
            .filter(Objects::nonNull)
            .flatMapToDouble(StudyDocument::normalised));
  }

  private static DoubleStream normalised(Spectrum spectrum) {
    double norm = spectrum.frobeniusNorm();
    return IntStream.range(0, spectrum.size())
        .mapToDouble(i -> norm == 0 ? 0 : spectrum.sigma(i) / norm);
  }
}
