package io.rankfall.compress;

import io.rankfall.spectra.SymmetricMatrix;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * How far the model's outputs move when a layer's do: G for each layer, the mean over examples of Σ
 * JᵀJ over positions, with J the derivative of all outputs of the model by the layer's outputs at
 * one position.
 */
public final class OutputCurvature {
  /** Of the random directions: a rerun gives the same bits. */
  private static final int SEED = 1;

  private final Map<String, SymmetricMatrix> byLayer;

  private OutputCurvature(Map<String, SymmetricMatrix> byLayer) {
    this.byLayer = byLayer;
  }

  /**
   * Runs the model and its derivative once on all examples. Memory: two m×m matrices of doubles for
   * each layer of m outputs, and one batch.
   *
   * @throws NotDifferentiableException naming an operator that has no derivative here
   * @throws ModelFormatException if ONNX Runtime does not load the model
   */
  public static OutputCurvature measure(OnnxModel model, ModelInputs examples)
      throws NotDifferentiableException, ModelFormatException {
    return measure(model, examples, CompressionListener.NONE);
  }

  static OutputCurvature measure(
      OnnxModel model, ModelInputs examples, CompressionListener listener)
      throws NotDifferentiableException, ModelFormatException {
    for (Layer layer : model.layers()) {
      if (model.type(layer.tensor()) != ElementType.F32) {
        throw new NotDifferentiableException(
            "%s has weights of type %s, only F32 are differentiated"
                .formatted(layer.name(), model.type(layer.tensor())));
      }
    }
    Set<String> products = new LinkedHashSet<>();
    for (Layer layer : model.layers()) {
      layer.uses().forEach(use -> products.add(product(model, use)));
    }
    OutputGradients.Differentiated differentiated = OutputGradients.of(model, products, SEED);
    Map<String, String> gradients = differentiated.gradients();
    try (ProbedSums sums = new ProbedSums()) {
      for (Layer layer : model.layers()) {
        for (LinearLayer.Use use : layer.uses()) {
          String gradient = gradients.get(product(model, use));
          if (gradient != null) {
            sums.add(
                use,
                gradient,
                layer.rows(),
                layer instanceof Convolution ? ProbedSums::channels : ProbedSums::rows);
          }
        }
      }
      try (InputProbe probe = new InputProbe(differentiated.model(), sums.values())) {
        probe.forEachBatch(examples, sums, listener);
      }
      Map<String, SymmetricMatrix> byLayer = new HashMap<>();
      for (Layer layer : model.layers()) {
        List<InputMoments> ofLayer =
            layer.uses().stream()
                .filter(use -> gradients.containsKey(product(model, use)))
                .map(sums::moments)
                .toList();
        byLayer.put(layer.name(), perExample(layer, ofLayer, examples.count()));
      }
      return new OutputCurvature(byLayer);
    }
  }

  /** Of convolutions shrunk: they have few examples and many positions that resemble each other. */
  private static SymmetricMatrix perExample(Layer layer, List<InputMoments> sums, int examples) {
    int order = layer.rows();
    double[] values = new double[Math.multiplyExact(order, order)];
    for (InputMoments moments : sums) {
      SymmetricMatrix second = moments.secondMoment();
      double positions = moments.count() / (double) examples;
      for (int i = 0; i < order; i++) {
        for (int j = 0; j < order; j++) {
          values[i * order + j] += positions * second.get(i, j);
        }
      }
    }
    SymmetricMatrix mean = SymmetricMatrix.of(order, values);
    return layer instanceof Convolution
        ? mean.shrunk(sums.stream().mapToLong(InputMoments::count).sum())
        : mean;
  }

  private static String product(OnnxModel model, LinearLayer.Use use) {
    return model.graph().node(use.node()).getOutput(0);
  }

  /** G of a layer, m×m. */
  public SymmetricMatrix of(Layer layer) {
    return Objects.requireNonNull(byLayer.get(layer.name()), layer.name());
  }
}
