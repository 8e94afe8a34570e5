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
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

  private final OnnxModel model;
  private final AppendedNodes nodes;
  private final Set<String> onPath = new HashSet<>();
  private final Map<String, String> gradients = new HashMap<>();

  private OutputGradients(OnnxModel model) {
    this.model = model;
    this.nodes = new AppendedNodes(model.proto().getGraph());
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
    ModelProto proto = model.proto().toBuilder().setGraph(nodes.graph()).build();
    return new Differentiated(OnnxModel.of(proto, model.file()), found);
  }

  private static boolean isShape(NodeProto node) {
    return node.getOpType().equals("Shape") || node.getOpType().equals("Size");
  }

  /** v, 0 at padded positions: they are no output. */
  private String seeded(ValueInfoProto output, int seed) {
    String v =
        nodes.emit("RandomNormalLike", List.of(output.getName()), AppendedNodes.real("seed", seed));
    int rank = output.getType().getTensorType().getShape().getDimCount();
    Optional<OnnxModel.Input> mask =
        model.inputs().stream()
            .filter(input -> ModelInputs.isMask(input.name()) && input.dimensions().size() == 2)
            .findFirst();
    return rank == 3 && mask.isPresent()
        ? nodes.emit(
            "Mul", v, nodes.emit("Unsqueeze", nodes.toFloat(mask.get().name()), nodes.integer(-1)))
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
        parts.add(gradients.containsKey(part) ? gradient(part) : nodes.zeros(part));
      }
      add(
          a,
          nodes.emit(
              "Concat", parts, AppendedNodes.integer("axis", OnnxGraph.integer(node, "axis", 0))));
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
        addReduced(b, nodes.emit("Neg", g));
      }
      case "Mul" -> {
        addReduced(a, nodes.emit("Mul", g, b));
        addReduced(b, nodes.emit("Mul", g, a));
      }
      case "Div" -> {
        String quotient = nodes.emit("Div", g, b);
        addReduced(a, quotient);
        addReduced(b, nodes.emit("Neg", nodes.emit("Mul", quotient, y)));
      }
      case "Pow" -> {
        if (onPath.contains(b)) {
          throw unsupported(node);
        }
        String power = nodes.emit("Pow", a, nodes.emit("Sub", nodes.toFloat(b), nodes.real(1)));
        addReduced(a, nodes.emit("Mul", g, nodes.emit("Mul", power, nodes.toFloat(b))));
      }
      case "Neg" -> add(a, nodes.emit("Neg", g));
      case "Sqrt" -> add(a, nodes.emit("Div", g, nodes.emit("Add", y, y)));
      case "Exp" -> add(a, nodes.emit("Mul", g, y));
      case "Tanh" ->
          add(a, nodes.emit("Mul", g, nodes.emit("Sub", nodes.real(1), nodes.emit("Mul", y, y))));
      case "Sigmoid" ->
          add(a, nodes.emit("Mul", g, nodes.emit("Mul", y, nodes.emit("Sub", nodes.real(1), y))));
      case "Erf" -> {
        String bell = nodes.emit("Exp", nodes.emit("Neg", nodes.emit("Mul", a, a)));
        add(
            a,
            nodes.emit(
                "Mul", g, nodes.emit("Mul", bell, nodes.real((float) (2 / Math.sqrt(Math.PI))))));
      }
      case "Relu" ->
          add(a, nodes.emit("Mul", g, nodes.toFloat(nodes.emit("Greater", y, nodes.real(0)))));
      case "LeakyRelu" -> {
        String slope = nodes.real(OnnxGraph.real(node, "alpha", 0.01f));
        add(
            a,
            nodes.emit(
                "Where", nodes.emit("Greater", a, nodes.real(0)), g, nodes.emit("Mul", g, slope)));
      }
      case "Softmax" -> softmax(node, a, y, g);
      case "ReduceMean" -> mean(node, a, y, g);
      case "LayerNormalization" -> normalization(node, a, g);
      case "MatMul" -> {
        TensorProto weights = model.graph().constants().get(b);
        // Products of vectors have other rules, and what these make of them ends ONNX Runtime.
        if (isVector(model.graph().constants().get(a)) || isVector(weights)) {
          throw unsupported(node);
        }
        if (weights != null && weights.getDimsCount() == 2) {
          add(a, nodes.emit("MatMul", g, nodes.emit("Transpose", b)));
        } else {
          addReduced(a, product("...ij,...kj->...ik", g, b, a));
          addReduced(b, product("...ij,...ik->...jk", a, g, b));
        }
      }
      case "Gemm" -> gemm(node, a, b, g);
      case "Transpose" -> transpose(node, a, g);
      case "Reshape", "Flatten", "Squeeze", "Unsqueeze" ->
          add(a, nodes.emit("Reshape", g, nodes.emit("Shape", a)));
      case "Concat" -> concat(node, g);
      case "Slice" -> slice(node, a, g);
      case "Gather" -> gather(node, a, b, g);
      default -> throw unsupported(node);
    }
  }

  private static boolean isVector(@Nullable TensorProto constant) {
    return constant != null && constant.getDimsCount() < 2;
  }

  private NotDifferentiableException unsupported(NodeProto node) {
    return new NotDifferentiableException("no derivative of %s".formatted(OnnxGraph.label(node)));
  }

  /** Adds a gradient of a value's own shape. */
  private void add(String value, String gradient) {
    if (onPath.contains(value)) {
      gradients.merge(value, gradient, (sum, more) -> nodes.emit("Add", sum, more));
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
    String own = nodes.emit("Shape", value);
    String wide = nodes.emit("Shape", gradient);
    String missing = nodes.emit("Sub", nodes.emit("Size", wide), nodes.emit("Size", own));
    String ones =
        nodes.emit(
            "ConstantOfShape",
            List.of(nodes.emit("Reshape", missing, nodes.integer(1))),
            AppendedNodes.tensor("value", AppendedNodes.longs("", 1)));
    String padded = nodes.emit("Concat", List.of(ones, own), AppendedNodes.integer("axis", 0));
    String differ = nodes.emit("Not", nodes.emit("Equal", padded, wide));
    String axes = nodes.emit("Reshape", nodes.emit("NonZero", differ), nodes.integer(-1));
    String sum =
        nodes.emit(
            "ReduceSum",
            List.of(gradient, axes),
            AppendedNodes.integer("keepdims", 1),
            AppendedNodes.integer("noop_with_empty_axes", 1));
    add(value, nodes.emit("Reshape", sum, own));
  }

  private String product(String equation, String left, String right, String of) {
    return onPath.contains(of)
        ? nodes.emit(
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
        nodes.emit(
            "Gemm",
            List.of(g, b),
            AppendedNodes.integer("transB", 1 - OnnxGraph.integer(node, "transB", 0)),
            AppendedNodes.real("alpha", OnnxGraph.real(node, "alpha", 1))));
  }

  /** y·(g − Σ g·y) along the axis. */
  private void softmax(NodeProto node, String a, String y, String g) {
    String sum = sum(nodes.emit("Mul", g, y), nodes.integer(OnnxGraph.integer(node, "axis", -1)));
    add(a, nodes.emit("Mul", y, nodes.emit("Sub", g, sum)));
  }

  private String sum(String value, String axes) {
    return nodes.emit("ReduceSum", List.of(value, axes), AppendedNodes.integer("keepdims", 1));
  }

  /** Every number gets the same share. */
  private void mean(NodeProto node, String a, String y, String g)
      throws NotDifferentiableException {
    if (OnnxGraph.integer(node, "keepdims", 1) == 0) {
      throw unsupported(node);
    }
    String count = nodes.toFloat(nodes.emit("Div", nodes.emit("Size", a), nodes.emit("Size", y)));
    add(a, nodes.emit("Expand", nodes.emit("Div", g, count), nodes.emit("Shape", a)));
  }

  /** (ĝ − mean ĝ − x̂·mean(ĝ·x̂))/σ over the last axis, with ĝ = g·scale. */
  private void normalization(NodeProto node, String a, String g) throws NotDifferentiableException {
    if (OnnxGraph.integer(node, "axis", -1) != -1) {
      throw unsupported(node);
    }
    String centred = nodes.emit("Sub", a, lastMean(a));
    String variance = lastMean(nodes.emit("Mul", centred, centred));
    String epsilon = nodes.real(OnnxGraph.real(node, "epsilon", 1e-5f));
    String deviation = nodes.emit("Sqrt", nodes.emit("Add", variance, epsilon));
    String x = nodes.emit("Div", centred, deviation);
    String scaled = nodes.emit("Mul", g, node.getInput(1));
    String along = nodes.emit("Mul", x, lastMean(nodes.emit("Mul", scaled, x)));
    String across = nodes.emit("Sub", nodes.emit("Sub", scaled, lastMean(scaled)), along);
    add(a, nodes.emit("Div", across, deviation));
  }

  private String lastMean(String value) {
    String sum = sum(value, nodes.integer(-1));
    return nodes.emit(
        "Div",
        sum,
        nodes.toFloat(nodes.emit("Div", nodes.emit("Size", value), nodes.emit("Size", sum))));
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
            ? nodes.emit("Transpose", g)
            : nodes.emit("Transpose", List.of(g), inverse.build()));
  }

  private void concat(NodeProto node, String g) {
    long axis = OnnxGraph.integer(node, "axis", 0);
    List<String> sizes = new ArrayList<>();
    for (String input : node.getInputList()) {
      sizes.add(nodes.emit("Gather", nodes.emit("Shape", input), nodes.integer(axis)));
    }
    String lengths = nodes.emit("Concat", sizes, AppendedNodes.integer("axis", 0));
    NodeProto.Builder split =
        NodeProto.newBuilder()
            .setOpType("Split")
            .setName(nodes.freshName())
            .addInput(g)
            .addInput(lengths)
            .addAttribute(AppendedNodes.integer("axis", axis));
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < node.getInputCount(); i++) {
      parts.add(nodes.freshName());
    }
    nodes.append(split.addAllOutput(parts));
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
    String before = nodes.emit("Slice", List.of(a, nodes.integer(0), node.getInput(1), axes));
    String after =
        nodes.emit("Slice", List.of(a, node.getInput(2), nodes.integer(Long.MAX_VALUE), axes));
    add(
        a,
        nodes.emit(
            "Concat",
            List.of(nodes.zeros(before), g, nodes.zeros(after)),
            AppendedNodes.integer("axis", axis.get())));
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
    String axes = nodes.integer(axis);
    String before = nodes.emit("Slice", a, nodes.integer(0), nodes.integer(index.get()), axes);
    String here = nodes.emit("Slice", a, nodes.integer(index.get()), nodes.integer(next), axes);
    String after = nodes.emit("Slice", a, nodes.integer(next), nodes.integer(Long.MAX_VALUE), axes);
    String spread = nodes.emit("Reshape", g, nodes.emit("Shape", here));
    add(
        a,
        nodes.emit(
            "Concat",
            List.of(nodes.zeros(before), spread, nodes.zeros(after)),
            AppendedNodes.integer("axis", axis)));
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
}
