package io.rankfall.djl;

import io.rankfall.djl.LayerRank.Measured;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A measurement in one line. */
final class RankText {
  /**
   * Of more layers those farthest below random matrices are told, or whose weights are no numbers.
   */
  private static final int MOST_LAYERS = 8;

  private RankText() {}

  static String line(RankRecord record) {
    List<LayerRank> layers = record.layers();
    if (layers.isEmpty()) {
      return "epoch %d: no Linear or Convolution to measure".formatted(record.epoch());
    }
    List<LayerRank> told = new ArrayList<>(layers);
    if (layers.size() > MOST_LAYERS) {
      told.sort(Comparator.comparingDouble(RankText::shareOfRandom));
      told.subList(MOST_LAYERS, told.size()).clear();
    }
    String ranks = told.stream().map(RankText::rank).collect(Collectors.joining(", "));
    String rest = told.size() == layers.size() ? "" : ", … of %d layers".formatted(layers.size());
    return String.format(
        Locale.ROOT,
        "epoch %d, batch %d: rank/random at %s: %s%s; mean %s; %.0f ms",
        record.epoch(),
        record.batches(),
        record.rule().label(),
        ranks,
        rest,
        mean(layers),
        1e3 * record.seconds());
  }

  private static double shareOfRandom(LayerRank layer) {
    return layer.outcome() instanceof Measured measured
        ? measured.rank() / (double) Math.max(1, layer.randomRank())
        : -1;
  }

  private static String rank(LayerRank layer) {
    return layer.outcome() instanceof Measured measured
        ? "%s %d/%d".formatted(layer.name(), measured.rank(), layer.randomRank())
        : "%s NaN or Inf".formatted(layer.name());
  }

  /** Over the layers that have a rank. */
  private static String mean(List<LayerRank> layers) {
    List<LayerRank> finite =
        layers.stream().filter(layer -> layer.outcome() instanceof Measured).toList();
    if (finite.isEmpty()) {
      return "none";
    }
    double rank =
        finite.stream().mapToInt(l -> ((Measured) l.outcome()).rank()).average().orElse(0);
    double random = finite.stream().mapToInt(LayerRank::randomRank).average().orElse(0);
    return String.format(Locale.ROOT, "%.1f/%.1f", rank, random);
  }
}
