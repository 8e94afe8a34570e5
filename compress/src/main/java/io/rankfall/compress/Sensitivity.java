package io.rankfall.compress;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How much the model's output suffers from each layer: the mean squared change of the logits when
 * that layer alone is factored, per unit of relative loss, measured at a few sizes and interpolated
 * in between on logarithmic scales.
 */
public final class Sensitivity {
  /** Options at which a layer is measured, in geometric progression up to the last smaller one. */
  private static final int PROBES = 10;

  /** Where the loss is already a change of the outputs, and only its assumptions are corrected. */
  private static final int FEW_PROBES = 4;

  private final Map<String, NavigableMap<Long, Double>> logWeights;

  private Sensitivity(Map<String, NavigableMap<Long, Double>> logWeights) {
    this.logWeights = logWeights;
  }

  /**
   * Runs the model on the examples once, and once for each layer and probed option.
   *
   * @param compressor one without sensitivities
   */
  public static Sensitivity measure(Compressor compressor, ModelInputs examples)
      throws ModelFormatException {
    return measure(compressor, examples, PROBES, CompressionListener.NONE);
  }

  /** As {@link #measure(Compressor, ModelInputs)}, at as many options as the losses call for. */
  static Sensitivity measure(
      Compressor compressor, Calibration calibration, CompressionListener listener)
      throws ModelFormatException {
    int probes = calibration.curvature().isPresent() ? FEW_PROBES : PROBES;
    return measure(compressor, calibration.examples(), probes, listener);
  }

  private static Sensitivity measure(
      Compressor compressor, ModelInputs examples, int probes, CompressionListener listener)
      throws ModelFormatException {
    int done = 0;
    Rows dense = outputs(compressor.model(), examples);
    Map<String, NavigableMap<Long, Double>> logWeights = new HashMap<>();
    for (Layer layer : compressor.model().layers()) {
      RankOptions options = compressor.options(layer);
      int last = options.size() - 1;
      NavigableMap<Long, Double> measured = new TreeMap<>();
      for (int i = 0; i < probes && last > 0; i++) {
        int option = (int) Math.round(Math.pow(last, i / (probes - 1.0))) - 1;
        double loss = options.lossShare(option);
        if (loss > 0 && !measured.containsKey(options.numbers(option))) {
          OnnxModel one =
              compressor.factored(List.of(compressor.alone(layer, options.how(option))));
          double change = meanSquare(dense, outputs(one, examples));
          if (change > 0) {
            measured.put(options.numbers(option), Math.log(change / loss));
          }
        }
      }
      logWeights.put(layer.name(), measured);
      listener.onProgress(++done, compressor.model().layers().size());
    }
    return new Sensitivity(logWeights);
  }

  /**
   * Mean squared change of the logits per unit of relative loss; 1 for a layer that has none.
   *
   * @param parameters numbers in the weights that replace the layer's
   */
  public double weight(Layer layer, long parameters) {
    NavigableMap<Long, Double> measured = logWeights.get(layer.name());
    if (measured == null || measured.isEmpty()) {
      return 1;
    }
    Map.Entry<Long, Double> below = measured.floorEntry(parameters);
    Map.Entry<Long, Double> above = measured.ceilingEntry(parameters);
    if (below == null || above == null) {
      return Math.exp(below == null ? measured.firstEntry().getValue() : below.getValue());
    }
    if (below.getKey().equals(above.getKey())) {
      return Math.exp(below.getValue());
    }
    double from = Math.log((double) below.getKey());
    double t = (Math.log((double) parameters) - from) / (Math.log((double) above.getKey()) - from);
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
