package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.WeightMatrix;
import io.rankfall.train.graph.Layer.NormalizedLinear;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.Parameter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a network at one moment, immutable.
 *
 * @param tensors by the names of the graph's parameters, in their order
 */
public record Network(Architecture architecture, Map<String, Tensor> tensors) {

  public Network {
    Map<String, Tensor> ordered = new LinkedHashMap<>();
    for (LayerGraph.Named named : architecture.graph().parameters()) {
      Tensor tensor = tensors.get(named.name());
      if (tensor == null || !tensor.shape().equals(named.parameter().shape())) {
        throw new IllegalArgumentException(
            "network %s: %s: expected %s, found %s"
                .formatted(
                    architecture.label(),
                    named.name(),
                    named.parameter().shape(),
                    tensor == null ? "nothing" : tensor.shape()));
      }
      ordered.put(named.name(), tensor);
    }
    tensors = Collections.unmodifiableMap(ordered);
  }

  /** An MLP of the given layers. */
  public Network(Mlp architecture, List<Layer> layers) {
    this(architecture, tensors(layers));
  }

  private static Map<String, Tensor> tensors(List<Layer> layers) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Layer layer : layers) {
      tensors.put(layer.name + ".weight", Tensor.of(layer.weight));
      tensors.put(layer.name + ".bias", Tensor.vector(layer.bias));
      BatchNorm norm = layer.batchNorm;
      if (norm != null) {
        tensors.put(layer.name + ".norm.weight", Tensor.vector(norm.gamma()));
        tensors.put(layer.name + ".norm.bias", Tensor.vector(norm.beta()));
        tensors.put(layer.name + ".norm.running_mean", Tensor.vector(norm.runningMean()));
        tensors.put(layer.name + ".norm.running_var", Tensor.vector(norm.runningVariance()));
      }
    }
    return tensors;
  }

  /** Weights and biases as the initialization draws them, one after another from one stream. */
  static Network drawn(Architecture architecture, Initialization initialization, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (LayerGraph.Node node : architecture.graph().nodes()) {
      Matrix weight = null;
      for (Parameter parameter : node.layer().parameters()) {
        Matrix drawn = initialization.draw(parameter, weight, random);
        if (parameter.role() == Parameter.Role.WEIGHT
            || parameter.role() == Parameter.Role.SQUARES) {
          weight = drawn;
        }
        tensors.put(node.parameter(parameter), new Tensor(parameter.shape(), drawn));
      }
    }
    return new Network(architecture, tensors);
  }

  /** The tensor of a parameter of the graph. */
  public Tensor tensor(String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  /** The weight matrices, outputs × inputs, in the order of the layers. */
  public List<WeightMatrix> weightMatrices() {
    return architecture.graph().weighted().stream()
        .map(node -> new WeightMatrix(node.name(), weight(node)))
        .toList();
  }

  /** W of a layer with weights, outputs × inputs. */
  public Matrix weight(LayerGraph.Node node) {
    return node.layer() instanceof NormalizedLinear
        ? scaled(
            tensor(node.name() + ".weight_v").matrix(), tensor(node.name() + ".weight_g").matrix())
        : tensor(node.name() + ".weight").matrix();
  }

  /** The rows of {@code v}, each scaled to the length in {@code g}. */
  private static Matrix scaled(Matrix v, Matrix g) {
    return Matrix.filled(
        v.rows(),
        v.cols(),
        values -> {
          for (int i = 0; i < v.rows(); i++) {
            double sum = 0;
            for (int j = 0; j < v.cols(); j++) {
              sum += (double) v.get(i, j) * v.get(i, j);
            }
            double scale = sum == 0 ? 0 : g.get(0, i) / Math.sqrt(sum);
            for (int j = 0; j < v.cols(); j++) {
              values[i * v.cols() + j] = (float) (scale * v.get(i, j));
            }
          }
        });
  }

  /**
   * The layers of an {@link Mlp}.
   *
   * @throws IllegalStateException if this is another network
   */
  public List<Layer> layers() {
    if (!(architecture instanceof Mlp mlp)) {
      throw new IllegalStateException("network %s: expected an MLP".formatted(architecture));
    }
    List<Layer> layers = new ArrayList<>();
    for (int l = 1; l < mlp.widths().size(); l++) {
      String name = "fc" + l;
      layers.add(
          new Layer(
              name,
              tensor(name + ".weight").matrix(),
              tensor(name + ".bias").matrix(),
              tensors.containsKey(name + ".norm.weight") ? norm(name + ".norm") : null));
    }
    return layers;
  }

  private BatchNorm norm(String name) {
    return new BatchNorm(
        tensor(name + ".weight").matrix(),
        tensor(name + ".bias").matrix(),
        tensor(name + ".running_mean").matrix(),
        tensor(name + ".running_var").matrix());
  }

  /**
   * One linear layer of an {@link Mlp} and what follows it.
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
