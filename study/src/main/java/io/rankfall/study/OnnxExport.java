package io.rankfall.study;

import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.OnnxBuilder;
import io.rankfall.compress.OnnxBuilder.Attribute;
import io.rankfall.compress.OnnxModel;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.BatchNorm;
import io.rankfall.train.Network;
import io.rankfall.train.graph.Layer;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.LayerGraph.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A {@link LayerGraph} with its parameters as an ONNX graph. */
final class OnnxExport {
  private static final long FLOAT_TO_INT64 = 7;

  private final OnnxBuilder onnx;
  private final LayerGraph graph;
  private final ExportedParameters parameters;

  private OnnxExport(Network network, ExportedParameters parameters) {
    this.onnx = new OnnxBuilder(network.architecture().shortLabel());
    this.graph = network.architecture().graph();
    this.parameters = parameters;
  }

  /** Input {@code input} (batch × example), output {@code logits}; layers keep their names. */
  static OnnxModel model(Network network, ExportedParameters parameters)
      throws ModelFormatException {
    return new OnnxExport(network, parameters).model(network);
  }

  private OnnxModel model(Network network) throws ModelFormatException {
    String input = onnx.input("input", graph.input());
    List<String> values = new ArrayList<>();
    for (Node node : graph.nodes()) {
      List<String> from =
          node.inputs().stream().map(i -> i == LayerGraph.INPUT ? input : values.get(i)).toList();
      values.add(parameters.isFolded(node) ? from.get(0) : add(node, from));
    }
    return onnx.model(
        "logits",
        graph.output(),
        new OnnxBuilder.Producer("rankfall", Versions.ofBuild().rankfall()),
        Map.of("architecture", network.architecture().label()),
        "exported network");
  }

  private String add(Node node, List<String> inputs) {
    Layer layer = node.layer();
    String name = node.name();
    String x = inputs.get(0);
    if (layer instanceof Layer.Linear || layer instanceof Layer.NormalizedLinear) {
      return linear(node, x);
    } else if (layer instanceof Layer.Local local) {
      return local(name, local, x);
    } else if (layer instanceof Layer.Convolution convolution) {
      return convolution(node, convolution, x);
    } else if (layer instanceof Layer.BatchNorm) {
      return onnx.node(
          "BatchNormalization",
          name,
          List.of(
              x,
              vector(name, "weight"),
              vector(name, "bias"),
              vector(name, "running_mean"),
              vector(name, "running_var")),
          Attribute.of("epsilon", (float) BatchNorm.EPSILON));
    } else if (layer instanceof Layer.LayerNorm) {
      return onnx.node(
          "LayerNormalization",
          name,
          List.of(x, vector(name, "weight"), vector(name, "bias")),
          Attribute.of("axis", -1L),
          Attribute.of("epsilon", (float) BatchNorm.EPSILON));
    } else if (layer instanceof Layer.Activation activation) {
      return activation(name, activation, x);
    } else if (layer instanceof Layer.MaxPool pool) {
      return onnx.node(
          "MaxPool",
          name,
          inputs,
          Attribute.ofAll("kernel_shape", pool.side(), pool.side()),
          Attribute.ofAll("strides", pool.side(), pool.side()));
    } else if (layer instanceof Layer.Mean) {
      return mean(node, x);
    } else if (layer instanceof Layer.Flatten) {
      return onnx.node("Flatten", name, inputs, Attribute.of("axis", 1L));
    } else if (layer instanceof Layer.Add) {
      return onnx.node("Add", name, inputs);
    } else if (layer instanceof Layer.Tokens) {
      String shape = onnx.integers(name + ".shape", 0, node.shape().get(1), -1);
      String rows = onnx.node("Reshape", name + ".rows", List.of(x, shape));
      return onnx.node("Transpose", name, List.of(rows), Attribute.ofAll("perm", 0, 2, 1));
    } else if (layer instanceof Layer.Embedding) {
      String token = onnx.node("Cast", name + ".token", inputs, Attribute.of("to", FLOAT_TO_INT64));
      return onnx.node("Gather", name, List.of(weight(name), token));
    } else if (layer instanceof Layer.Positions) {
      return onnx.node("Add", name, List.of(x, weight(name)));
    } else if (layer instanceof Layer.Attention attention) {
      return new OnnxAttentionExport(onnx, node, attention).add(inputs);
    }
    throw new IllegalStateException("layer %s: expected a known kind".formatted(layer));
  }

  /** Gemm for vectors; MatMul and Add for tokens. */
  private String linear(Node node, String x) {
    String name = node.name();
    Matrix weight = parameters.weight(node);
    String w = name + ".weight";
    if (node.shape().size() == 1) {
      onnx.constant(w, weight);
      List<String> inputs = new ArrayList<>(List.of(x, w));
      parameters.bias(node).ifPresent(b -> inputs.add(row(name + ".bias", b)));
      return onnx.node("Gemm", name, inputs, Attribute.of("transB", 1L));
    }
    onnx.constant(w, weight.transposed());
    String product = onnx.node("MatMul", name, List.of(x, w));
    return parameters
        .bias(node)
        .map(b -> onnx.node("Add", name + ".add", List.of(product, row(name + ".bias", b))))
        .orElse(product);
  }

  /** One product for each square; a convolution in as many groups would be three times slower. */
  private String local(String name, Layer.Local layer, String x) {
    int squares = layer.squares();
    int side = layer.side();
    int down = layer.height() / side;
    int across = layer.width() / side;
    String cuts = onnx.integers(name + ".cuts", -1, layer.channels(), down, side, across, side);
    String cut = onnx.node("Reshape", name + ".cut", List.of(x, cuts));
    String sorted =
        onnx.node(
            "Transpose", name + ".sorted", List.of(cut), Attribute.ofAll("perm", 2, 4, 0, 1, 3, 5));
    String rows = onnx.integers(name + ".rows", squares, -1, layer.inputs());
    String inputs = onnx.node("Reshape", name + ".inputs", List.of(sorted, rows));
    float[] weights = parameters.tensor(name + ".weight").toArray();
    String w = onnx.constant(name + ".weight", weights, squares, layer.inputs(), layer.units());
    String products = onnx.node("MatMul", name + ".products", List.of(inputs, w));
    String turned =
        onnx.node(
            "Transpose", name + ".turned", List.of(products), Attribute.ofAll("perm", 1, 0, 2));
    String row = onnx.integers(name + ".row", -1, (long) squares * layer.units());
    String outputs = onnx.node("Reshape", name + ".outputs", List.of(turned, row));
    return onnx.node("Add", name, List.of(outputs, vector(name, "bias")));
  }

  private String convolution(Node node, Layer.Convolution convolution, String x) {
    String name = node.name();
    Layer.Window v = convolution.vertical();
    Layer.Window h = convolution.horizontal();
    List<String> inputs = new ArrayList<>();
    inputs.add(x);
    inputs.add(
        onnx.constant(
            name + ".weight",
            parameters.weight(node).toArray(),
            convolution.outputs(),
            convolution.inputs(),
            v.size(),
            h.size()));
    parameters.bias(node).ifPresent(b -> inputs.add(row(name + ".bias", b)));
    return onnx.node(
        "Conv",
        name,
        inputs,
        Attribute.ofAll("kernel_shape", v.size(), h.size()),
        Attribute.ofAll("strides", v.stride(), h.stride()),
        Attribute.ofAll("pads", v.padding(), h.padding(), v.padding(), h.padding()));
  }

  private String activation(String name, Layer.Activation activation, String x) {
    return switch (activation) {
      case RELU -> onnx.node("Relu", name, List.of(x));
      case LEAKY_RELU -> onnx.node("LeakyRelu", name, List.of(x), Attribute.of("alpha", 0.01f));
      case GELU -> gelu(name, x);
    };
  }

  /** x·(1 + erf(x/√2))·½: opset 17 has no Gelu. */
  private String gelu(String name, String x) {
    String root = onnx.constant(name + ".root", new float[] {(float) Math.sqrt(2)});
    String one = onnx.constant(name + ".one", new float[] {1});
    String half = onnx.constant(name + ".half", new float[] {0.5f});
    String scaled = onnx.node("Div", name + ".scaled", List.of(x, root));
    String erf = onnx.node("Erf", name + ".erf", List.of(scaled));
    String shifted = onnx.node("Add", name + ".shifted", List.of(erf, one));
    String product = onnx.node("Mul", name + ".product", List.of(x, shifted));
    return onnx.node("Mul", name, List.of(product, half));
  }

  private String mean(Node node, String x) {
    int input = node.inputs().get(0);
    if (graph.nodes().get(input).shape().size() == 3) {
      String mean = onnx.node("GlobalAveragePool", node.name() + ".pool", List.of(x));
      return onnx.node("Flatten", node.name(), List.of(mean), Attribute.of("axis", 1L));
    }
    return onnx.node(
        "ReduceMean",
        node.name(),
        List.of(x),
        Attribute.ofAll("axes", 1),
        Attribute.of("keepdims", 0L));
  }

  private String vector(String node, String parameter) {
    String name = node + "." + parameter;
    return row(name, parameters.tensor(name));
  }

  private String weight(String node) {
    return onnx.constant(node + ".weight", parameters.tensor(node + ".weight"));
  }

  private String row(String name, Matrix row) {
    return onnx.constant(name, row.toArray(), row.cols());
  }
}
