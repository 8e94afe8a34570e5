package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The gradients of the values of a graph, as far as they are written down. */
final class Tape {
  private final OnnxModel model;
  private final AppendedNodes nodes;
  private final Set<String> onPath = new HashSet<>();
  private final Map<String, String> gradients = new HashMap<>();

  Tape(OnnxModel model) {
    this.model = model;
    this.nodes = new AppendedNodes(model.proto().getGraph(), "rankfall.gradient.");
  }

  AppendedNodes nodes() {
    return nodes;
  }

  /** Marks what depends on the values. */
  void follow(Set<String> values) {
    onPath.addAll(values);
    for (NodeProto node : model.proto().getGraph().getNodeList()) {
      if (node.getInputList().stream().anyMatch(onPath::contains) && !isShape(node)) {
        onPath.addAll(node.getOutputList());
      }
    }
    onPath.remove("");
  }

  private static boolean isShape(NodeProto node) {
    return node.getOpType().equals("Shape") || node.getOpType().equals("Size");
  }

  /** Whether a gradient must pass through the node. */
  boolean isReached(NodeProto node) {
    return node.getOutputList().stream().anyMatch(gradients::containsKey)
        && node.getInputList().stream().anyMatch(onPath::contains)
        && !isShape(node);
  }

  /** Whether the value depends on those asked for. */
  boolean isOnPath(String value) {
    return onPath.contains(value);
  }

  void seed(String output, String gradient) {
    gradients.put(output, gradient);
  }

  Optional<String> known(String value) {
    return Optional.ofNullable(gradients.get(value));
  }

  /** The gradient of the only output of a node that has one. */
  String of(NodeProto node) throws NotDifferentiableException {
    return known(node.getOutput(0)).orElseThrow(() -> unsupported(node));
  }

  /** Adds a gradient of a value's own shape. */
  void add(String value, String gradient) {
    if (onPath.contains(value)) {
      gradients.merge(value, gradient, (sum, more) -> nodes.emit("Add", sum, more));
    }
  }

  /** Adds a gradient summed over the axes along which the value was broadcast. */
  void addReduced(String value, String gradient) {
    if (!onPath.contains(value)) {
      return;
    }
    String own = nodes.emit("Shape", value);
    String wide = nodes.emit("Shape", gradient);
    String missing = nodes.emit("Sub", nodes.emit("Size", wide), nodes.emit("Size", own));
    String ones =
        nodes.filled(nodes.emit("Reshape", missing, nodes.integer(1)), AppendedNodes.longs("", 1));
    String padded = nodes.concat(0, ones, own);
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

  /** Adds, to each number that a node took from a value, the gradient of where it went. */
  void scatter(String value, String gradient, String indices) {
    String flat = nodes.emit("Reshape", nodes.zeros(value), nodes.integer(-1));
    String sum =
        nodes.emit(
            "ScatterElements",
            List.of(
                flat,
                nodes.emit("Reshape", indices, nodes.integer(-1)),
                nodes.emit("Reshape", gradient, nodes.integer(-1))),
            AppendedNodes.integer("axis", 0),
            AppendedNodes.text("reduction", "add"));
    add(value, nodes.emit("Reshape", sum, nodes.emit("Shape", value)));
  }

  /** 0, 1, 2… in the shape of a value. */
  String indices(String value) {
    String range =
        nodes.emit("Range", nodes.integer(0), nodes.emit("Size", value), nodes.integer(1));
    return nodes.emit("Reshape", range, nodes.emit("Shape", value));
  }

  Optional<TensorProto> constant(String name) {
    return Optional.ofNullable(model.graph().constants().get(name));
  }

  /** The input of a node, empty if it is left out. */
  static Optional<String> input(NodeProto node, int slot) {
    return node.getInputCount() > slot && !node.getInput(slot).isEmpty()
        ? Optional.of(node.getInput(slot))
        : Optional.empty();
  }

  /** Refuses a node whose input of a slot depends on the values. */
  void requireFixed(NodeProto node, int slot) throws NotDifferentiableException {
    if (input(node, slot).filter(this::isOnPath).isPresent()) {
      throw unsupported(node);
    }
  }

  static NotDifferentiableException unsupported(NodeProto node) {
    return new NotDifferentiableException("no derivative of %s".formatted(OnnxGraph.label(node)));
  }
}
