package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.List;

/** Derivatives of means, maxima over all positions, and normalizations. */
final class ReductionRules {
  private final Tape tape;
  private final AppendedNodes nodes;

  ReductionRules(Tape tape) {
    this.tape = tape;
    this.nodes = tape.nodes();
  }

  /** Passes the gradient on through a node, if there is a rule for it here. */
  boolean apply(NodeProto node) throws NotDifferentiableException {
    String a = node.getInputCount() > 0 ? node.getInput(0) : "";
    switch (node.getOpType()) {
      case "Softmax" -> softmax(node, a, tape.of(node));
      case "ReduceMean", "GlobalAveragePool" -> mean(a, node.getOutput(0), kept(node));
      case "ReduceSum" -> tape.add(a, nodes.emit("Expand", kept(node), nodes.emit("Shape", a)));
      case "GlobalMaxPool" -> {
        String largest = nodes.toFloat(nodes.emit("Equal", a, node.getOutput(0)));
        tape.add(a, nodes.emit("Mul", largest, tape.of(node)));
      }
      case "LayerNormalization" -> layerNormalization(node, a, tape.of(node));
      case "BatchNormalization" -> batchNormalization(node, a, tape.of(node));
      default -> {
        return false;
      }
    }
    return true;
  }

  /** y·(g − Σ g·y) along the axis. */
  private void softmax(NodeProto node, String a, String g) {
    String y = node.getOutput(0);
    String sum = sum(nodes.emit("Mul", g, y), nodes.integer(OnnxGraph.integer(node, "axis", -1)));
    tape.add(a, nodes.emit("Mul", y, nodes.emit("Sub", g, sum)));
  }

  private String sum(String value, String axes) {
    return nodes.emit("ReduceSum", List.of(value, axes), AppendedNodes.integer("keepdims", 1));
  }

  /** The gradient with the reduced dimensions as ones. */
  private String kept(NodeProto node) throws NotDifferentiableException {
    String g = tape.of(node);
    if (OnnxGraph.integer(node, "keepdims", 1) != 0) {
      return g;
    }
    List<AttributeProto> attributes = new ArrayList<>(node.getAttributeList());
    attributes.removeIf(attribute -> attribute.getName().equals("keepdims"));
    String wide =
        nodes.emit(
            node.getOpType(), node.getInputList(), attributes.toArray(new AttributeProto[0]));
    return nodes.emit("Reshape", g, nodes.emit("Shape", wide));
  }

  /** Every number gets the same share. */
  private void mean(String a, String y, String g) {
    String count = nodes.toFloat(nodes.emit("Div", nodes.emit("Size", a), nodes.emit("Size", y)));
    tape.add(a, nodes.emit("Expand", nodes.emit("Div", g, count), nodes.emit("Shape", a)));
  }

  /** (ĝ − mean ĝ − x̂·mean(ĝ·x̂))/σ over the last axis, with ĝ = g·scale. */
  private void layerNormalization(NodeProto node, String a, String g)
      throws NotDifferentiableException {
    if (OnnxGraph.integer(node, "axis", -1) != -1) {
      throw Tape.unsupported(node);
    }
    String centred = nodes.emit("Sub", a, lastMean(a));
    String variance = lastMean(nodes.emit("Mul", centred, centred));
    String epsilon = nodes.real(OnnxGraph.real(node, "epsilon", 1e-5f));
    String deviation = nodes.emit("Sqrt", nodes.emit("Add", variance, epsilon));
    String x = nodes.emit("Div", centred, deviation);
    String scaled = nodes.emit("Mul", g, node.getInput(1));
    String along = nodes.emit("Mul", x, lastMean(nodes.emit("Mul", scaled, x)));
    String across = nodes.emit("Sub", nodes.emit("Sub", scaled, lastMean(scaled)), along);
    tape.add(a, nodes.emit("Div", across, deviation));
  }

  private String lastMean(String value) {
    String sum = sum(value, nodes.integer(-1));
    return nodes.emit(
        "Div",
        sum,
        nodes.toFloat(nodes.emit("Div", nodes.emit("Size", value), nodes.emit("Size", sum))));
  }

  /** In inference a scale for each channel: the same without shift and mean. */
  private void batchNormalization(NodeProto node, String a, String g)
      throws NotDifferentiableException {
    if (OnnxGraph.integer(node, "training_mode", 0) != 0 || node.getInputCount() != 5) {
      throw Tape.unsupported(node);
    }
    for (int slot = 1; slot < 5; slot++) {
      tape.requireFixed(node, slot);
    }
    String none = nodes.zeros(node.getInput(2));
    tape.add(
        a,
        nodes.emit(
            "BatchNormalization",
            List.of(g, node.getInput(1), none, none, node.getInput(4)),
            AppendedNodes.real("epsilon", OnnxGraph.real(node, "epsilon", 1e-5f))));
  }
}
