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
   * @throws NotDifferentiableException naming an operator that has no derivative here, or a
   *     convolution to be factored
   * @throws ModelFormatException if ONNX Runtime does not load the model
   */
  public static OutputCurvature measure(OnnxModel model, ModelInputs examples)
      throws NotDifferentiableException, ModelFormatException {
    for (Layer layer : model.layers()) {
      if (layer instanceof Convolution) {
        // Losses of kernels and of outputs do not compare.
        throw new NotDifferentiableException(layer.name() + " is a convolution");
      }
      if (model.type(layer.tensor()) != ElementType.F32) {
        throw new NotDifferentiableException(
            "%s has weights of type %s, only F32 are differentiated"
                .formatted(layer.name(), model.type(layer.tensor())));
      }
    }
    Set<String> products = new LinkedHashSet<>();
    for (LinearLayer layer : model.linearLayers()) {
      layer.uses().forEach(use -> products.add(product(model, use)));
    }
    OutputGradients.Differentiated differentiated = OutputGradients.of(model, products, SEED);
    Map<String, MomentSum> sums = new HashMap<>();
    try (InputProbe probe =
        new InputProbe(differentiated.model(), differentiated.gradients().values())) {
      for (LinearLayer layer : model.linearLayers()) {
        for (LinearLayer.Use use : layer.uses()) {
          String gradient = differentiated.gradients().get(product(model, use));
          if (gradient != null) {
            sums.put(gradient, new MomentSum(layer.rows()));
          }
        }
      }
      probe.forEachBatch(examples, seen -> MomentSum.addAll(sums, seen));
      Map<String, SymmetricMatrix> byLayer = new HashMap<>();
      for (LinearLayer layer : model.linearLayers()) {
        List<MomentSum> ofLayer =
            layer.uses().stream()
                .map(use -> differentiated.gradients().get(product(model, use)))
                .filter(Objects::nonNull)
                .map(gradient -> Objects.requireNonNull(sums.get(gradient)))
                .toList();
        byLayer.put(layer.name(), perExample(layer.rows(), ofLayer, examples.count()));
      }
      return new OutputCurvature(byLayer);
    } finally {
      sums.values().forEach(MomentSum::close);
    }
  }

  private static SymmetricMatrix perExample(int order, List<MomentSum> sums, int examples) {
    double[] values = new double[Math.multiplyExact(order, order)];
    for (MomentSum sum : sums) {
      InputMoments moments = sum.moments();
      SymmetricMatrix second = moments.secondMoment();
      double positions = moments.count() / (double) examples;
      for (int i = 0; i < order; i++) {
        for (int j = 0; j < order; j++) {
          values[i * order + j] += positions * second.get(i, j);
        }
      }
    }
    return SymmetricMatrix.of(order, values);
  }

  private static String product(OnnxModel model, LinearLayer.Use use) {
    return model.graph().node(use.node()).getOutput(0);
  }

  /** G of a layer, m×m. */
  public SymmetricMatrix of(LinearLayer layer) {
    return Objects.requireNonNull(byLayer.get(layer.name()), layer.name());
  }
}
