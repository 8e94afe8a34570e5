package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Truncation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How much the model's output suffers from each layer: the mean squared change of the logits when
 * that layer alone is factored, per unit of relative loss, measured at a few ranks and interpolated
 * in between on logarithmic scales.
 */
public final class Sensitivity {
  /** Ranks at which a layer is measured, in geometric progression up to the break-even rank. */
  private static final int PROBES = 10;

  private final Map<String, NavigableMap<Integer, Double>> logWeights;

  private Sensitivity(Map<String, NavigableMap<Integer, Double>> logWeights) {
    this.logWeights = logWeights;
  }

  /**
   * Runs the model on the examples once, and once for each layer and probed rank.
   *
   * @param compressor one without sensitivities
   */
  public static Sensitivity measure(Compressor compressor, ModelInputs examples)
      throws ModelFormatException {
    Rows dense = outputs(compressor.model(), examples);
    Map<String, NavigableMap<Integer, Double>> logWeights = new HashMap<>();
    for (LinearLayer layer : compressor.model().layers()) {
      Truncation truncation = compressor.truncation(layer);
      int breakEven = LowRank.breakEvenRank(layer.rows(), layer.cols());
      NavigableMap<Integer, Double> measured = new TreeMap<>();
      for (int i = 0; i < PROBES && breakEven > 0; i++) {
        int rank = (int) Math.round(Math.pow(breakEven, i / (PROBES - 1.0)));
        double loss = truncation.loss(rank) / truncation.loss(0);
        if (loss > 0 && !measured.containsKey(rank)) {
          OnnxModel one = compressor.factored(List.of(compressor.alone(layer, rank)));
          double change = meanSquare(dense, outputs(one, examples));
          if (change > 0) {
            measured.put(rank, Math.log(change / loss));
          }
        }
      }
      logWeights.put(layer.name(), measured);
    }
    return new Sensitivity(logWeights);
  }

  /** Mean squared change of the logits per unit of relative loss; 1 for a layer that has none. */
  public double weight(LinearLayer layer, int rank) {
    NavigableMap<Integer, Double> measured = logWeights.get(layer.name());
    if (measured == null || measured.isEmpty()) {
      return 1;
    }
    Map.Entry<Integer, Double> below = measured.floorEntry(rank);
    Map.Entry<Integer, Double> above = measured.ceilingEntry(rank);
    if (below == null || above == null) {
      return Math.exp(below == null ? measured.firstEntry().getValue() : below.getValue());
    }
    if (below.getKey().equals(above.getKey())) {
      return Math.exp(below.getValue());
    }
    double from = Math.log(below.getKey());
    double t = (Math.log(rank) - from) / (Math.log(above.getKey()) - from);
    return Math.exp((1 - t) * below.getValue() + t * above.getValue());
  }

  private static Rows outputs(OnnxModel model, ModelInputs examples) throws ModelFormatException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      return session.firstOutput(examples);
    }
  }

  private static double meanSquare(Rows a, Rows b) {
    double sum = 0;
    for (int i = 0; i < a.count(); i++) {
      for (int j = 0; j < a.width(); j++) {
        double d = (double) a.get(i, j) - b.get(i, j);
        sum += d * d;
      }
    }
    return sum / a.count();
  }
}
