package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
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
import java.util.TreeMap;

/**
 * Puts an ONNX model together node by node: opset 17, one input, one output, both with the batch as
 * their first dimension.
 */
public final class OnnxBuilder {
  private static final int OPSET = 17;
  private static final int IR_VERSION = 8;

  private final GraphProto.Builder graph = GraphProto.newBuilder();

  /** The program that made a model. */
  public record Producer(String name, String version) {}

  /** An attribute of a node. */
  public static final class Attribute {
    private final AttributeProto.Builder proto;

    private Attribute(String name, AttributeType type) {
      this.proto = AttributeProto.newBuilder().setName(name).setType(type);
    }

    public static Attribute of(String name, long value) {
      Attribute attribute = new Attribute(name, AttributeType.INT);
      attribute.proto.setI(value);
      return attribute;
    }

    public static Attribute of(String name, float value) {
      Attribute attribute = new Attribute(name, AttributeType.FLOAT);
      attribute.proto.setF(value);
      return attribute;
    }

    public static Attribute ofAll(String name, long... values) {
      Attribute attribute = new Attribute(name, AttributeType.INTS);
      for (long value : values) {
        attribute.proto.addInts(value);
      }
      return attribute;
    }
  }

  /**
   * @param name of the graph
   */
  public OnnxBuilder(String name) {
    graph.setName(name);
  }

  /** The input, batch × the dimensions of an example, in single precision; returns its name. */
  public String input(String name, List<Integer> example) {
    graph.addInput(value(name, example));
    return name;
  }

  /** A constant in single precision; returns its name. */
  public String constant(String name, float[] values, long... dimensions) {
    graph.addInitializer(Tensors.of(name, values, dimensions));
    return name;
  }

  /** A constant of rows × columns; returns its name. */
  public String constant(String name, Matrix matrix) {
    graph.addInitializer(Tensors.of(name, matrix));
    return name;
  }

  /** A constant vector of whole numbers; returns its name. */
  public String integers(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(DataType.INT64_VALUE);
    tensor.addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    graph.addInitializer(tensor);
    return name;
  }

  /** A node with one output; returns the output's name. */
  public String node(String type, String name, List<String> inputs, Attribute... attributes) {
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setOpType(type)
            .setName(name)
            .addAllInput(inputs)
            .addOutput(name + ".y");
    for (Attribute attribute : attributes) {
      node.addAttribute(attribute.proto);
    }
    graph.addNode(node);
    return name + ".y";
  }

  /**
   * The model. The last node gives its output.
   *
   * @param output what the output shall be called
   * @param example the dimensions of an example's output
   * @param metadata properties for the file
   * @param file what messages call the model
   */
  public OnnxModel model(
      String output,
      List<Integer> example,
      Producer producer,
      Map<String, String> metadata,
      String file)
      throws ModelFormatException {
    graph.getNodeBuilder(graph.getNodeCount() - 1).setOutput(0, output);
    graph.addOutput(value(output, example));
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

  private static ValueInfoProto value(String name, List<Integer> example) {
    TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE);
    type.getShapeBuilder().addDimBuilder().setDimParam("batch");
    example.forEach(dimension -> type.getShapeBuilder().addDimBuilder().setDimValue(dimension));
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }
}
