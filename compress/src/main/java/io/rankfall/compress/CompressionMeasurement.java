package io.rankfall.compress;

import io.rankfall.compress.CompressionReport.LayerCost;
import io.rankfall.compress.CompressionReport.OnData;
import io.rankfall.compress.CompressionReport.Totals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** What is known of a model and its compressed file, each step adding something. */
record CompressionMeasurement(
    Totals dense,
    Totals compressed,
    List<LayerCost> layers,
    List<LatencyComparison> latencies,
    List<OnData> onData) {
  private static final Duration TIMING = Duration.ofSeconds(1);

  CompressionMeasurement {
    layers = List.copyOf(layers);
    latencies = List.copyOf(latencies);
    onData = List.copyOf(onData);
  }

  /** Parameters and bytes. */
  static CompressionMeasurement sizes(OnnxModel dense, OnnxModel compressed) {
    return new CompressionMeasurement(
        totals(dense), totals(compressed), List.of(), List.of(), List.of());
  }

  private static Totals totals(OnnxModel model) {
    return new Totals(model.parameters(), model.bytes(), OptionalLong.empty());
  }

  CompressionMeasurement with(List<OnData> known) {
    return new CompressionMeasurement(dense, compressed, layers, latencies, known);
  }

  /**
   * Adds multiply-accumulates.
   *
   * @param original what the smaller model is measured beside
   * @param model what it was made of by the plan
   * @param one inputs of the dimensions to count for
   */
  CompressionMeasurement counted(
      OnnxModel original, OnnxModel model, OnnxModel smaller, RankPlan plan, ModelInputs.Batch one)
      throws ModelFormatException {
    MacCount before = new MacCount(model, one);
    MacCount after = new MacCount(smaller, one);
    List<LayerCost> costs = new ArrayList<>();
    for (int i = 0; i < model.layers().size(); i++) {
      Price price = before.price(model.layers().get(i));
      RankPlan.Layer planned = plan.layers().get(i);
      long whole = (long) planned.rows() * planned.cols();
      long left =
          planned.choice() instanceof RankPlan.Factored factored
              ? price.of(factored.how(), planned.parameters())
              : price.dense() / whole * planned.parameters();
      costs.add(new LayerCost(price.dense() / one.count(), left / one.count()));
    }
    return new CompressionMeasurement(
        dense.with(new MacCount(original, one).total()),
        compressed.with(after.total()),
        costs,
        latencies,
        onData);
  }

  /** Adds the times of single examples and of the batch that is asked for. */
  CompressionMeasurement timed(
      Compression wanted, OnnxRuntimeSession model, OnnxRuntimeSession smaller) {
    List<LatencyComparison> times = new ArrayList<>();
    for (int batch : new TreeSet<>(Set.of(1, wanted.batch))) {
      ModelInputs inputs = wanted.timed(model, batch);
      // A model that fixes its batch has one time.
      if (times.stream().noneMatch(done -> done.batch() == inputs.count())) {
        times.add(LatencyComparison.measure(model, smaller, inputs, TIMING));
      }
    }
    return new CompressionMeasurement(dense, compressed, layers, times, onData);
  }
}
