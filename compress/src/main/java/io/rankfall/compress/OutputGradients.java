package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A model whose graph also computes, for values x inside it, the gradients Jᵀv of v·y, where y are
 * its outputs, J = ∂y/∂x, and v are independent standard normal numbers. Since E[vvᵀ] = I, the
 * second moment E[Jᵀv(Jᵀv)ᵀ] = E[JᵀJ] tells how far y moves when x does, whatever the labels
 * (Hutchinson 1990; the Gauss-Newton matrix of Martens and Grosse, arXiv 1503.05671).
 *
 * <p>Reverse-mode differentiation, written as nodes of ONNX: ONNX Runtime executes it. Operators
 * without a rule are refused by name.
 */
final class OutputGradients {
  /** The first version of ONNX in which all operators that the rules emit have the same form. */
  private static final long LEAST_OPSET = 13;

  private static final String PREFIX = "rankfall.gradient.";

  private final OnnxModel model;
  private final GraphProto.Builder graph;
  private final Set<String> onPath = new HashSet<>();
  private final Map<String, String> gradients = new HashMap<>();
  private final Map<Long, String> integers = new HashMap<>();
  private int nodes;

  private OutputGradients(OnnxModel model) {
    this.model = model;
    this.graph = model.proto().getGraph().toBuilder();
  }

  /**
   * The model with the gradients of each value among its nodes.
   *
   * @param gradients the value that holds the gradient, by the value it is the gradient of; those
   *     that no output depends on are missing
   */
  record Differentiated(OnnxModel model, Map<String, String> gradients) {}

  /**
   * @param values names of float values in the graph
   * @param seed of v; the same seed gives the same numbers
   * @throws NotDifferentiableException naming an operator between a value and the output that has
   *     no rule
   */
  static Differentiated of(OnnxModel model, Set<String> values, int seed)
      throws NotDifferentiableException, ModelFormatException {
    long opset =
        model.proto().getOpsetImportList().stream()
            .filter(set -> set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx"))
            .mapToLong(OperatorSetIdProto::getVersion)
            .findFirst()
            .orElse(1);
    if (opset < LEAST_OPSET) {
      throw new NotDifferentiableException(
          "opset %d: expected %d or later".formatted(opset, LEAST_OPSET));
    }
    return new OutputGradients(model).differentiated(values, seed);
  }

  private Differentiated differentiated(Set<String> values, int seed)
      throws NotDifferentiableException, ModelFormatException {
    GraphProto old = model.proto().getGraph();
    onPath.addAll(values);
    for (NodeProto node : old.getNodeList()) {
      if (node.getInputList().stream().anyMatch(onPath::contains) && !isShape(node)) {
        onPath.addAll(node.getOutputList());
      }
    }
    for (int i = 0; i < old.getOutputCount(); i++) {
      ValueInfoProto output = old.getOutput(i);
      if (output.getType().getTensorType().getElemType() == DataType.FLOAT_VALUE) {
        // Equal seeds would give outputs that move together the same direction.
        gradients.put(output.getName(), seeded(output, seed + i));
      }
    }
    for (int i = old.getNodeCount() - 1; i >= 0; i--) {
      NodeProto node = old.getNode(i);
      boolean reached = node.getOutputList().stream().anyMatch(gradients::containsKey);
      if (reached && node.getInputList().stream().anyMatch(onPath::contains) && !isShape(node)) {
        differentiate(node);
      }
    }
    Map<String, String> found = new HashMap<>();
    for (String value : values) {
      if (gradients.containsKey(value)) {
        found.put(value, gradients.get(value));
      }
    }
    ModelProto proto = model.proto().toBuilder().setGraph(graph).build();
    return new Differentiated(OnnxModel.of(proto, model.file()), found);
  }

  private static boolean isShape(NodeProto node) {
    return node.getOpType().equals("Shape") || node.getOpType().equals("Size");
  }

  /** v, 0 at padded positions: they are no output. */
  private String seeded(ValueInfoProto output, int seed) {
    String v = emit("RandomNormalLike", List.of(output.getName()), real("seed", seed));
    int rank = output.getType().getTensorType().getShape().getDimCount();
    Optional<OnnxModel.Input> mask =
        model.inputs().stream()
            .filter(input -> ModelInputs.isMask(input.name()) && input.dimensions().size() == 2)
            .findFirst();
    return rank == 3 && mask.isPresent()
        ? emit("Mul", v, emit("Unsqueeze", toFloat(mask.get().name()), integer(-1)))
        : v;
  }

  private void differentiate(NodeProto node) throws NotDifferentiableException {
    if (!(node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx"))) {
      throw unsupported(node);
    }
    String y = node.getOutput(0);
    String a = node.getInputCount() > 0 ? node.getInput(0) : "";
    String b = node.getInputCount() > 1 ? node.getInput(1) : "";
    if (node.getOpType().equals("Split")) {
      List<String> parts = new ArrayList<>();
      for (String part : node.getOutputList()) {
        parts.add(gradients.containsKey(part) ? gradient(part) : zeros(part));
      }
      add(a, emit("Concat", parts, integer("axis", OnnxGraph.integer(node, "axis", 0))));
      return;
    }
    if (!gradients.containsKey(y)) {
      throw unsupported(node);
    }
    String g = gradient(y);
    switch (node.getOpType()) {
      case "Identity", "Dropout" -> add(a, g);
      case "Add" -> {
        addReduced(a, g);
        addReduced(b, g);
      }
      case "Sub" -> {
        addReduced(a, g);
        addReduced(b, emit("Neg", g));
      }
      case "Mul" -> {
        addReduced(a, emit("Mul", g, b));
        addReduced(b, emit("Mul", g, a));
      }
      case "Div" -> {
        String quotient = emit("Div", g, b);
        addReduced(a, quotient);
        addReduced(b, emit("Neg", emit("Mul", quotient, y)));
      }
      case "Pow" -> {
        if (onPath.contains(b)) {
          throw unsupported(node);
        }
        String power = emit("Pow", a, emit("Sub", toFloat(b), real(1)));
        addReduced(a, emit("Mul", g, emit("Mul", power, toFloat(b))));
      }
      case "Neg" -> add(a, emit("Neg", g));
      case "Sqrt" -> add(a, emit("Div", g, emit("Add", y, y)));
      case "Exp" -> add(a, emit("Mul", g, y));
      case "Tanh" -> add(a, emit("Mul", g, emit("Sub", real(1), emit("Mul", y, y))));
      case "Sigmoid" -> add(a, emit("Mul", g, emit("Mul", y, emit("Sub", real(1), y))));
      case "Erf" -> {
        String bell = emit("Exp", emit("Neg", emit("Mul", a, a)));
        add(a, emit("Mul", g, emit("Mul", bell, real((float) (2 / Math.sqrt(Math.PI))))));
      }
      case "Relu" -> add(a, emit("Mul", g, toFloat(emit("Greater", y, real(0)))));
      case "LeakyRelu" -> {
        String slope = real(OnnxGraph.real(node, "alpha", 0.01f));
        add(a, emit("Where", emit("Greater", a, real(0)), g, emit("Mul", g, slope)));
      }
      case "Softmax" -> softmax(node, a, y, g);
      case "ReduceMean" -> mean(node, a, y, g);
      case "LayerNormalization" -> normalization(node, a, g);
      case "MatMul" -> {
        TensorProto weights = model.graph().constants().get(b);
        if (weights != null && weights.getDimsCount() == 2) {
          add(a, emit("MatMul", g, emit("Transpose", b)));
        } else {
          addReduced(a, product("...ij,...kj->...ik", g, b, a));
          addReduced(b, product("...ij,...ik->...jk", a, g, b));
        }
      }
      case "Gemm" -> gemm(node, a, b, g);
      case "Transpose" -> transpose(node, a, g);
      case "Reshape", "Flatten", "Squeeze", "Unsqueeze" ->
          add(a, emit("Reshape", g, emit("Shape", a)));
      case "Concat" -> concat(node, g);
      case "Slice" -> slice(node, a, g);
      case "Gather" -> gather(node, a, b, g);
      default -> throw unsupported(node);
    }
  }

  private NotDifferentiableException unsupported(NodeProto node) {
    return new NotDifferentiableException("no derivative of %s".formatted(OnnxGraph.label(node)));
  }

  /** Adds a gradient of a value's own shape. */
  private void add(String value, String gradient) {
    if (onPath.contains(value)) {
      gradients.merge(value, gradient, (sum, more) -> emit("Add", sum, more));
    }
  }

  private String gradient(String value) {
    return Objects.requireNonNull(gradients.get(value), value);
  }

  /** Adds a gradient summed over the axes along which the value was broadcast. */
  private void addReduced(String value, String gradient) {
    if (!onPath.contains(value)) {
      return;
    }
    String own = emit("Shape", value);
    String wide = emit("Shape", gradient);
    String missing = emit("Sub", emit("Size", wide), emit("Size", own));
    String ones =
        emit(
            "ConstantOfShape",
            List.of(emit("Reshape", missing, integer(1))),
            tensor("value", longs("", 1)));
    String padded = emit("Concat", List.of(ones, own), integer("axis", 0));
    String differ = emit("Not", emit("Equal", padded, wide));
    String axes = emit("Reshape", emit("NonZero", differ), integer(-1));
    String sum =
        emit(
            "ReduceSum",
            List.of(gradient, axes),
            integer("keepdims", 1),
            integer("noop_with_empty_axes", 1));
    add(value, emit("Reshape", sum, own));
  }

  private String product(String equation, String left, String right, String of) {
    return onPath.contains(of)
        ? emit(
            "Einsum",
            List.of(left, right),
            AttributeProto.newBuilder()
                .setName("equation")
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(equation))
                .build())
        : "";
  }

  private void gemm(NodeProto node, String a, String b, String g)
      throws NotDifferentiableException {
    if (OnnxGraph.integer(node, "transA", 0) != 0 || onPath.contains(b)) {
      throw unsupported(node);
    }
    add(
        a,
        emit(
            "Gemm",
            List.of(g, b),
            integer("transB", 1 - OnnxGraph.integer(node, "transB", 0)),
            real("alpha", OnnxGraph.real(node, "alpha", 1))));
  }

  /** y·(g − Σ g·y) along the axis. */
  private void softmax(NodeProto node, String a, String y, String g) {
    String sum = sum(emit("Mul", g, y), integer(OnnxGraph.integer(node, "axis", -1)));
    add(a, emit("Mul", y, emit("Sub", g, sum)));
  }

  private String sum(String value, String axes) {
    return emit("ReduceSum", List.of(value, axes), integer("keepdims", 1));
  }

  /** Every number gets the same share. */
  private void mean(NodeProto node, String a, String y, String g)
      throws NotDifferentiableException {
    if (OnnxGraph.integer(node, "keepdims", 1) == 0) {
      throw unsupported(node);
    }
    String count = toFloat(emit("Div", emit("Size", a), emit("Size", y)));
    add(a, emit("Expand", emit("Div", g, count), emit("Shape", a)));
  }

  /** (ĝ − mean ĝ − x̂·mean(ĝ·x̂))/σ over the last axis, with ĝ = g·scale. */
  private void normalization(NodeProto node, String a, String g) throws NotDifferentiableException {
    if (OnnxGraph.integer(node, "axis", -1) != -1) {
      throw unsupported(node);
    }
    String centred = emit("Sub", a, lastMean(a));
    String variance = lastMean(emit("Mul", centred, centred));
    String epsilon = real(OnnxGraph.real(node, "epsilon", 1e-5f));
    String deviation = emit("Sqrt", emit("Add", variance, epsilon));
    String x = emit("Div", centred, deviation);
    String scaled = emit("Mul", g, node.getInput(1));
    String along = emit("Mul", x, lastMean(emit("Mul", scaled, x)));
    String across = emit("Sub", emit("Sub", scaled, lastMean(scaled)), along);
    add(a, emit("Div", across, deviation));
  }

  private String lastMean(String value) {
    String sum = sum(value, integer(-1));
    return emit("Div", sum, toFloat(emit("Div", emit("Size", value), emit("Size", sum))));
  }

  private void transpose(NodeProto node, String a, String g) {
    List<Long> permutation =
        node.getAttributeList().stream()
            .filter(attribute -> attribute.getName().equals("perm"))
            .findFirst()
            .map(AttributeProto::getIntsList)
            .orElse(List.of());
    AttributeProto.Builder inverse =
        AttributeProto.newBuilder().setName("perm").setType(AttributeProto.AttributeType.INTS);
    for (long i = 0; i < permutation.size(); i++) {
      inverse.addInts(permutation.indexOf(i));
    }
    add(
        a,
        permutation.isEmpty()
            ? emit("Transpose", g)
            : emit("Transpose", List.of(g), inverse.build()));
  }

  private void concat(NodeProto node, String g) {
    long axis = OnnxGraph.integer(node, "axis", 0);
    List<String> sizes = new ArrayList<>();
    for (String input : node.getInputList()) {
      sizes.add(emit("Gather", emit("Shape", input), integer(axis)));
    }
    String lengths = emit("Concat", sizes, integer("axis", 0));
    NodeProto.Builder split =
        NodeProto.newBuilder()
            .setOpType("Split")
            .setName(PREFIX + nodes++)
            .addInput(g)
            .addInput(lengths)
            .addAttribute(integer("axis", axis));
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < node.getInputCount(); i++) {
      parts.add(PREFIX + nodes++);
    }
    graph.addNode(split.addAllOutput(parts));
    for (int i = 0; i < parts.size(); i++) {
      add(node.getInput(i), parts.get(i));
    }
  }

  /** Zeros before and after, for one axis and step 1. */
  private void slice(NodeProto node, String a, String g) throws NotDifferentiableException {
    Optional<Long> axis = node.getInputCount() > 3 ? constant(node.getInput(3)) : Optional.empty();
    boolean oneByOne =
        node.getInputCount() < 5 || constant(node.getInput(4)).equals(Optional.of(1L));
    if (axis.isEmpty() || !oneByOne) {
      throw unsupported(node);
    }
    String axes = node.getInput(3);
    String before = emit("Slice", List.of(a, integer(0), node.getInput(1), axes));
    String after = emit("Slice", List.of(a, node.getInput(2), integer(Long.MAX_VALUE), axes));
    add(a, emit("Concat", List.of(zeros(before), g, zeros(after)), integer("axis", axis.get())));
  }

  /** Zeros before and after, for one index. */
  private void gather(NodeProto node, String a, String b, String g)
      throws NotDifferentiableException {
    Optional<Long> index = constant(b);
    if (index.isEmpty()) {
      throw unsupported(node);
    }
    long axis = OnnxGraph.integer(node, "axis", 0);
    long next = index.get() == -1 ? Long.MAX_VALUE : index.get() + 1;
    String axes = integer(axis);
    String before = emit("Slice", a, integer(0), integer(index.get()), axes);
    String here = emit("Slice", a, integer(index.get()), integer(next), axes);
    String after = emit("Slice", a, integer(next), integer(Long.MAX_VALUE), axes);
    String spread = emit("Reshape", g, emit("Shape", here));
    add(a, emit("Concat", List.of(zeros(before), spread, zeros(after)), integer("axis", axis)));
  }

  /** The only number of an integer constant. */
  private Optional<Long> constant(String name) {
    TensorProto tensor = model.graph().constants().get(name);
    if (tensor == null || Tensors.type(tensor) != DataType.INT64 || Tensors.count(tensor) != 1) {
      return Optional.empty();
    }
    return Optional.of(
        tensor.hasRawData()
            ? tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getLong()
            : tensor.getInt64Data(0));
  }

  private String zeros(String like) {
    return emit("Mul", like, real(0));
  }

  private String emit(String type, String... inputs) {
    return emit(type, List.of(inputs));
  }

  private String emit(String type, List<String> inputs, AttributeProto... attributes) {
    String name = PREFIX + nodes++;
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(type)
            .setName(name)
            .addAllInput(inputs)
            .addAllAttribute(List.of(attributes))
            .addOutput(name));
    return name;
  }

  private static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static AttributeProto real(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  private String toFloat(String value) {
    return emit("Cast", List.of(value), integer("to", DataType.FLOAT_VALUE));
  }

  private static AttributeProto tensor(String name, TensorProto value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.TENSOR)
        .setT(value)
        .build();
  }

  /** A constant of one integer. */
  private String integer(long value) {
    return integers.computeIfAbsent(
        value,
        v -> {
          String name = PREFIX + nodes++;
          graph.addInitializer(longs(name, v));
          return name;
        });
  }

  private static TensorProto longs(String name, long value) {
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
  private String real(float value) {
    String name = PREFIX + nodes++;
    graph.addInitializer(Tensors.of(name, new float[] {value}, 1));
    return name;
  }
}
