package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/** Derivatives of operators that only move numbers. */
final class ShapeRules {
  private final Tape tape;
  private final AppendedNodes nodes;

  ShapeRules(Tape tape) {
    this.tape = tape;
    this.nodes = tape.nodes();
  }

  /** Passes the gradient on through a node, if there is a rule for it here. */
  boolean apply(NodeProto node) throws NotDifferentiableException {
    String a = node.getInputCount() > 0 ? node.getInput(0) : "";
    switch (node.getOpType()) {
      case "Transpose" -> transpose(node, a, tape.of(node));
      case "Reshape", "Flatten", "Squeeze", "Unsqueeze" ->
          tape.add(a, nodes.emit("Reshape", tape.of(node), nodes.emit("Shape", a)));
      case "Expand" -> tape.addReduced(a, tape.of(node));
      case "Concat" -> concat(node, tape.of(node));
      case "Split" -> split(node, a);
      case "Slice", "Gather", "Tile" -> moved(node, a);
      case "Pad" -> pad(node, a);
      case "Resize" -> resize(node, a);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void transpose(NodeProto node, String a, String g) {
    List<Long> permutation = OnnxGraph.integers(node, "perm", List.of());
    AttributeProto.Builder inverse =
        AttributeProto.newBuilder().setName("perm").setType(AttributeProto.AttributeType.INTS);
    for (long i = 0; i < permutation.size(); i++) {
      inverse.addInts(permutation.indexOf(i));
    }
    tape.add(
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
    String lengths = nodes.concat(0, sizes.toArray(new String[0]));
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
      tape.add(node.getInput(i), parts.get(i));
    }
  }

  private void split(NodeProto node, String a) {
    List<String> parts = new ArrayList<>();
    for (String part : node.getOutputList()) {
      parts.add(tape.known(part).orElseGet(() -> nodes.zeros(part)));
    }
    tape.add(a, nodes.concat(OnnxGraph.integer(node, "axis", 0), parts.toArray(new String[0])));
  }

  /** What the node does to numbers it does to their indices. */
  private void moved(NodeProto node, String a) throws NotDifferentiableException {
    List<String> inputs = new ArrayList<>(node.getInputList());
    inputs.set(0, tape.indices(a));
    tape.scatter(a, tape.of(node), nodes.emit(node.getOpType(), inputs, attributes(node)));
  }

  private static AttributeProto[] attributes(NodeProto node) {
    return node.getAttributeList().toArray(new AttributeProto[0]);
  }

  /** Numbers that come twice, mirrored or at an edge, get both gradients. */
  private void pad(NodeProto node, String a) throws NotDifferentiableException {
    String mode = OnnxGraph.text(node, "mode", "constant");
    if (Tape.input(node, 3).isPresent() || mode.equals("wrap")) {
      throw Tape.unsupported(node);
    }
    if (!mode.equals("constant")) {
      moved(node, a);
      return;
    }
    String shape = nodes.emit("Shape", a);
    String from =
        nodes.emit(
            "Slice",
            node.getInput(1),
            nodes.integer(0),
            nodes.emit("Reshape", nodes.emit("Size", shape), nodes.integer(1)));
    if (tape.constant(node.getInput(1)).filter(Tensors::isNotNegative).isEmpty()) {
      throw Tape.unsupported(node);
    }
    tape.add(a, nodes.emit("Slice", tape.of(node), from, nodes.emit("Add", from, shape)));
  }

  /** The nearest number alone is taken. */
  private void resize(NodeProto node, String a) throws NotDifferentiableException {
    if (!OnnxGraph.text(node, "mode", "nearest").equals("nearest")) {
      throw Tape.unsupported(node);
    }
    List<String> inputs = new ArrayList<>(node.getInputList());
    AttributeProto toInt = AppendedNodes.integer("to", DataType.INT32_VALUE);
    inputs.set(0, nodes.emit("Cast", List.of(tape.indices(a)), toInt));
    String found = nodes.emit("Resize", inputs, attributes(node));
    AttributeProto toLong = AppendedNodes.integer("to", DataType.INT64_VALUE);
    tape.scatter(a, tape.of(node), nodes.emit("Cast", List.of(found), toLong));
  }
}
