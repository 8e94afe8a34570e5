package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rankfall.spectra.Matrix;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A feed-forward network as an ONNX model: opset 17, one Gemm (transB = 1) a layer, input {@code
 * input} of shape batch × inputs, output {@code logits} of shape batch × outputs.
 *
 * @param layers in order, each as wide at its input as the one before at its output
 * @param producer the program that made the model
 * @param metadata properties for the file
 */
public record FeedForwardExport(
    List<Layer> layers, Producer producer, Map<String, String> metadata) {
  private static final int OPSET = 17;
  private static final int IR_VERSION = 8;

  public FeedForwardExport {
    layers = List.copyOf(layers);
    metadata = Map.copyOf(metadata);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("layers: expected at least one, found none");
    }
    for (int i = 1; i < layers.size(); i++) {
      int before = layers.get(i - 1).weight().rows();
      if (layers.get(i).weight().cols() != before) {
        throw new IllegalArgumentException(
            "layer %s: expected %d inputs, found %d"
                .formatted(layers.get(i).name(), before, layers.get(i).weight().cols()));
      }
    }
    if (layers.stream().map(Layer::name).distinct().count() != layers.size()) {
      throw new IllegalArgumentException("layers: expected distinct names, found two the same");
    }
  }

  /** The program that made a model. */
  public record Producer(String name, String version) {}

  /** What follows a layer's product and normalisation. */
  public enum Activation {
    NONE,
    RELU
  }

  /**
   * Batch normalisation as it runs after training: gamma·(x − mean)/√(variance + epsilon) + beta.
   *
   * @param gamma 1×m, as are beta, mean and variance
   */
  public record BatchNorm(Matrix gamma, Matrix beta, Matrix mean, Matrix variance, float epsilon) {
    public BatchNorm {
      for (Matrix part : List.of(beta, mean, variance)) {
        requireRow("batch norm", part, gamma.cols());
      }
      requireRow("batch norm", gamma, gamma.cols());
    }
  }

  /**
   * y = activation(norm(W·x + b)).
   *
   * @param weight W, m×n
   * @param bias b, 1×m
   */
  public record Layer(
      String name, Matrix weight, Matrix bias, Optional<BatchNorm> norm, Activation activation) {
    public Layer {
      requireRow("bias of " + name, bias, weight.rows());
      norm.ifPresent(n -> requireRow("batch norm after " + name, n.gamma(), weight.rows()));
    }

    /** A layer without normalisation or activation. */
    public static Layer of(String name, Matrix weight, float... bias) {
      return new Layer(
          name, weight, Matrix.of(1, bias.length, bias), Optional.empty(), Activation.NONE);
    }

    public Layer with(BatchNorm batchNorm) {
      return new Layer(name, weight, bias, Optional.of(batchNorm), activation);
    }

    public Layer with(Activation after) {
      return new Layer(name, weight, bias, norm, after);
    }
  }

  /**
   * The model. Nodes are named after the layers, {@code bn1, bn2, …} and {@code relu1, relu2, …}.
   *
   * @param file what messages call it
   */
  public OnnxModel model(String file) throws ModelFormatException {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("feed-forward");
    graph.addInput(value("input", layers.get(0).weight().cols()));
    String last = "input";
    for (int i = 0; i < layers.size(); i++) {
      last = add(graph, i, last);
    }
    graph.addOutput(value("logits", layers.get(layers.size() - 1).weight().rows()));
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName(producer.name())
            .setProducerVersion(producer.version())
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
            .setGraph(graph);
    new TreeMap<>(metadata)
        .forEach(
            (key, text) ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(text)));
    return OnnxModel.of(model.build(), file);
  }

  /** Adds layer {@code index} and returns the name of its output. */
  private String add(GraphProto.Builder graph, int index, String input) {
    Layer layer = layers.get(index);
    int number = index + 1;
    NodeProto.Builder gemm =
        node("Gemm", layer.name(), input, layer.name() + ".weight", layer.name() + ".bias")
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("transB")
                    .setType(AttributeProto.AttributeType.INT)
                    .setI(1));
    graph.addInitializer(Tensors.of(layer.name() + ".weight", layer.weight()));
    graph.addInitializer(row(layer.name() + ".bias", layer.bias()));
    graph.addNode(gemm);
    if (layer.norm().isPresent()) {
      BatchNorm norm = layer.norm().get();
      String name = "bn" + number;
      String before = graph.getNode(graph.getNodeCount() - 1).getOutput(0);
      graph.addInitializer(row(name + ".gamma", norm.gamma()));
      graph.addInitializer(row(name + ".beta", norm.beta()));
      graph.addInitializer(row(name + ".mean", norm.mean()));
      graph.addInitializer(row(name + ".variance", norm.variance()));
      graph.addNode(
          node(
                  "BatchNormalization",
                  name,
                  before,
                  name + ".gamma",
                  name + ".beta",
                  name + ".mean",
                  name + ".variance")
              .addAttribute(
                  AttributeProto.newBuilder()
                      .setName("epsilon")
                      .setType(AttributeProto.AttributeType.FLOAT)
                      .setF(norm.epsilon())));
    }
    if (layer.activation() == Activation.RELU) {
      String before = graph.getNode(graph.getNodeCount() - 1).getOutput(0);
      graph.addNode(node("Relu", "relu" + number, before));
    }
    NodeProto.Builder end = graph.getNodeBuilder(graph.getNodeCount() - 1);
    if (number == layers.size()) {
      end.setOutput(0, "logits");
    }
    return end.getOutput(0);
  }

  private static NodeProto.Builder node(String type, String name, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .setName(name)
        .addAllInput(List.of(inputs))
        .addOutput(name + ".out");
  }

  private static TensorProto row(String name, Matrix row) {
    return Tensors.of(name, row.toArray(), row.cols());
  }

  private static ValueInfoProto value(String name, int width) {
    TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE);
    type.getShapeBuilder().addDimBuilder().setDimParam("batch");
    type.getShapeBuilder().addDimBuilder().setDimValue(width);
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }

  private static void requireRow(String what, Matrix row, int width) {
    if (row.rows() != 1 || row.cols() != width) {
      throw new IllegalArgumentException(
          "%s: expected 1x%d, found %dx%d".formatted(what, width, row.rows(), row.cols()));
    }
  }
}
