package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.WeightMatrix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parameters of an MLP at one moment, immutable. */
public record Network(Mlp architecture, List<Layer> layers) {

  public Network {
    layers = List.copyOf(layers);
    List<Integer> widths = architecture.widths();
    if (layers.size() != widths.size() - 1) {
      throw new IllegalArgumentException(
          "network %s: expected %d layers, found %d"
              .formatted(architecture.label(), widths.size() - 1, layers.size()));
    }
    for (int l = 0; l < layers.size(); l++) {
      Matrix w = layers.get(l).weight();
      if (w.rows() != widths.get(l + 1) || w.cols() != widths.get(l)) {
        throw new IllegalArgumentException(
            "layer %s: expected %dx%d, found %dx%d"
                .formatted(
                    layers.get(l).name(), widths.get(l + 1), widths.get(l), w.rows(), w.cols()));
      }
    }
  }

  /** The weight matrices, outputs × inputs, in the order of the layers. */
  public List<WeightMatrix> weightMatrices() {
    return layers.stream().map(layer -> new WeightMatrix(layer.name(), layer.weight())).toList();
  }

  /**
   * One linear layer and what follows it.
   *
   * @param weight outputs × inputs
   * @param bias 1 × outputs
   * @param batchNorm before the ReLU, or null; the last layer has neither
   */
  public record Layer(String name, Matrix weight, Matrix bias, @Nullable BatchNorm batchNorm) {
    public Layer {
      if (bias.rows() != 1 || bias.cols() != weight.rows()) {
        throw new IllegalArgumentException(
            "bias of %s: expected 1x%d, found %dx%d"
                .formatted(name, weight.rows(), bias.rows(), bias.cols()));
      }
    }

    static Layer linear(String name, Matrix weight, Matrix bias) {
      return new Layer(name, weight, bias, null);
    }
  }
}
