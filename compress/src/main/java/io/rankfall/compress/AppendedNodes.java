package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A copy of a graph with operations and constants appended, under names of their own. */
final class AppendedNodes {
  private static final String PREFIX = "rankfall.gradient.";

  private final GraphProto.Builder graph;
  private final Map<Long, String> integers = new HashMap<>();
  private int names;

  AppendedNodes(GraphProto graph) {
    this.graph = graph.toBuilder();
  }

  GraphProto graph() {
    return graph.build();
  }

  String freshName() {
    return PREFIX + names++;
  }

  void append(NodeProto.Builder node) {
    graph.addNode(node);
  }

  /** As many zeros as the value has numbers. */
  String zeros(String like) {
    return emit("Mul", like, real(0));
  }

  /** Appends an operation and gives the name of its result. */
  String emit(String type, String... inputs) {
    return emit(type, List.of(inputs));
  }

  String emit(String type, List<String> inputs, AttributeProto... attributes) {
    String name = freshName();
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(type)
            .setName(name)
            .addAllInput(inputs)
            .addAllAttribute(List.of(attributes))
            .addOutput(name));
    return name;
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto real(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  /** The value in single precision. */
  String toFloat(String value) {
    return emit("Cast", List.of(value), integer("to", DataType.FLOAT_VALUE));
  }

  static AttributeProto tensor(String name, TensorProto value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.TENSOR)
        .setT(value)
        .build();
  }

  /** A constant of one integer. */
  String integer(long value) {
    return integers.computeIfAbsent(
        value,
        v -> {
          String name = freshName();
          graph.addInitializer(longs(name, v));
          return name;
        });
  }

  static TensorProto longs(String name, long value) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(DataType.INT64_VALUE)
        .addDims(1)
        .setRawData(
            ByteString.copyFrom(
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).flip()))
        .build();
  }

  /** A constant of one real number. */
  String real(float value) {
    String name = freshName();
    graph.addInitializer(Tensors.of(name, new float[] {value}, 1));
    return name;
  }
}
