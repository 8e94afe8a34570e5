package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;

/** Derivatives of matrix products. */
final class ProductRules {
  private final Tape tape;
  private final AppendedNodes nodes;

  ProductRules(Tape tape) {
    this.tape = tape;
    this.nodes = tape.nodes();
  }

  /** Passes the gradient on through a node, if there is a rule for it here. */
  boolean apply(NodeProto node) throws NotDifferentiableException {
    switch (node.getOpType()) {
      case "MatMul" -> matMul(node, tape.of(node));
      case "Gemm" -> gemm(node, tape.of(node));
      default -> {
        return false;
      }
    }
    return true;
  }

  private void matMul(NodeProto node, String g) throws NotDifferentiableException {
    String a = node.getInput(0);
    String b = node.getInput(1);
    // Products of vectors have other rules, and what these make of them ends ONNX Runtime.
    if (isVector(a) || isVector(b)) {
      throw Tape.unsupported(node);
    }
    if (tape.constant(b).filter(weights -> weights.getDimsCount() == 2).isPresent()) {
      tape.add(a, nodes.emit("MatMul", g, nodes.emit("Transpose", b)));
    } else {
      tape.addReduced(a, product("...ij,...kj->...ik", g, b, a));
      tape.addReduced(b, product("...ij,...ik->...jk", a, g, b));
    }
  }

  private boolean isVector(String value) {
    return tape.constant(value).filter(constant -> constant.getDimsCount() < 2).isPresent();
  }

  private String product(String equation, String left, String right, String of) {
    return tape.isOnPath(of)
        ? nodes.emit("Einsum", List.of(left, right), AppendedNodes.text("equation", equation))
        : "";
  }

  private void gemm(NodeProto node, String g) throws NotDifferentiableException {
    tape.requireFixed(node, 1);
    tape.requireFixed(node, 2);
    if (OnnxGraph.integer(node, "transA", 0) != 0) {
      throw Tape.unsupported(node);
    }
    tape.add(
        node.getInput(0),
        nodes.emit(
            "Gemm",
            List.of(g, node.getInput(1)),
            AppendedNodes.integer("transB", 1 - OnnxGraph.integer(node, "transB", 0)),
            AppendedNodes.real("alpha", OnnxGraph.real(node, "alpha", 1))));
  }
}
