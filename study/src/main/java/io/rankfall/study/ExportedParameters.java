package io.rankfall.study;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.BatchNorm;
import io.rankfall.train.Network;
import io.rankfall.train.graph.Layer;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.LayerGraph.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network's parameters as a file has them: as they are, or with batch normalisation folded into
 * the linear layer or convolution before it, W'ᵢ = sᵢ·Wᵢ and b' = s·(b − mean) + β with s =
 * γ/√(variance + ε), in double precision.
 */
final class ExportedParameters {
  private final Network network;

  /** By the layer that takes it in; its normalisation. */
  private final Map<Node, Node> folded = new HashMap<>();

  private ExportedParameters(Network network) {
    this.network = network;
  }

  static ExportedParameters asTheyAre(Network network) {
    return new ExportedParameters(network);
  }

  static ExportedParameters folded(Network network) {
    ExportedParameters parameters = new ExportedParameters(network);
    LayerGraph graph = network.architecture().graph();
    List<Node> nodes = graph.nodes();
    for (Node node : nodes) {
      int input = node.inputs().get(0);
      boolean alone =
          nodes.stream().flatMap(n -> n.inputs().stream()).filter(i -> i == input).count() == 1;
      if (node.layer() instanceof Layer.BatchNorm
          && input != LayerGraph.INPUT
          && alone
          && graph.weighted().contains(nodes.get(input))) {
        parameters.folded.put(nodes.get(input), node);
      }
    }
    return parameters;
  }

  /** Whether the node is a normalisation that another layer has taken in. */
  boolean isFolded(Node node) {
    return folded.containsValue(node);
  }

  Matrix tensor(String name) {
    return network.tensor(name).matrix();
  }

  Matrix weight(Node node) {
    Matrix weight = network.weight(node);
    Node norm = folded.get(node);
    if (norm == null) {
      return weight;
    }
    double[] scale = scale(norm);
    return Matrix.filled(
        weight.rows(),
        weight.cols(),
        values -> {
          for (int i = 0; i < values.length; i++) {
            int row = i / weight.cols();
            values[i] = (float) (scale[row] * weight.get(row, i % weight.cols()));
          }
        });
  }

  /** 1 × outputs. */
  Optional<Matrix> bias(Node node) {
    String name = node.name() + ".bias";
    Optional<Matrix> bias =
        network.tensors().containsKey(name) ? Optional.of(tensor(name)) : Optional.empty();
    Node norm = folded.get(node);
    if (norm == null) {
      return bias;
    }
    double[] scale = scale(norm);
    Matrix mean = tensor(norm.name() + ".running_mean");
    Matrix beta = tensor(norm.name() + ".bias");
    return Optional.of(
        Matrix.filled(
            1,
            scale.length,
            values -> {
              for (int i = 0; i < values.length; i++) {
                double b = bias.isPresent() ? bias.get().get(0, i) : 0;
                values[i] = (float) (scale[i] * (b - mean.get(0, i)) + beta.get(0, i));
              }
            }));
  }

  private double[] scale(Node norm) {
    Matrix gamma = tensor(norm.name() + ".weight");
    Matrix variance = tensor(norm.name() + ".running_var");
    double[] scale = new double[gamma.cols()];
    for (int i = 0; i < scale.length; i++) {
      scale[i] = gamma.get(0, i) / Math.sqrt(variance.get(0, i) + BatchNorm.EPSILON);
    }
    return scale;
  }
}
