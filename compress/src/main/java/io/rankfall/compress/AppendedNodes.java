package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A copy of a graph with operations and constants appended, under names of their own. */
final class AppendedNodes {
  private final GraphProto.Builder graph;
  private final Map<Long, String> integers = new HashMap<>();
  private final Map<Float, String> reals = new HashMap<>();
  private final String prefix;
  private int names;

  /**
   * @param prefix of the names that are given
   */
  AppendedNodes(GraphProto graph, String prefix) {
    this.graph = graph.toBuilder();
    this.prefix = prefix;
  }

  GraphProto graph() {
    return graph.build();
  }

  String freshName() {
    return prefix + names++;
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

  static AttributeProto text(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  String concat(long axis, String... inputs) {
    return emit("Concat", List.of(inputs), integer("axis", axis));
  }

  /** The same number everywhere. */
  String filled(String shape, TensorProto number) {
    return emit("ConstantOfShape", List.of(shape), tensor("value", number));
  }

  /** A kernel of ones with one input and one output channel. */
  String ones(List<Long> kernel) {
    long[] dims = new long[kernel.size() + 2];
    dims[0] = 1;
    dims[1] = 1;
    int count = 1;
    for (int i = 0; i < kernel.size(); i++) {
      dims[i + 2] = kernel.get(i);
      count = Math.multiplyExact(count, Math.toIntExact(kernel.get(i)));
    }
    float[] values = new float[count];
    Arrays.fill(values, 1);
    String name = freshName();
    graph.addInitializer(Tensors.of(name, values, dims));
    return name;
  }

  /** A constant of several integers. */
  String integers(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    String name = freshName();
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(DataType.INT64_VALUE)
            .addDims(values.length)
            .setRawData(ByteString.copyFrom(bytes)));
    return name;
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

  /** A constant of one real number without dimensions. */
  String scalar(float value) {
    String name = freshName();
    graph.addInitializer(Tensors.of(name, new float[] {value}));
    return name;
  }

  /** A constant of one real number. */
  String real(float value) {
    return reals.computeIfAbsent(
        value,
        v -> {
          String name = freshName();
          graph.addInitializer(Tensors.of(name, new float[] {v}, 1));
          return name;
        });
  }
}
