package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Optional;

/** Derivatives of operators that act on each number by itself. */
final class ElementwiseRules {
  private final Tape tape;
  private final AppendedNodes nodes;

  ElementwiseRules(Tape tape) {
    this.tape = tape;
    this.nodes = tape.nodes();
  }

  /** Passes the gradient on through a node, if there is a rule for it here. */
  boolean apply(NodeProto node) throws NotDifferentiableException {
    String type = node.getOpType();
    if (isArithmetic(type)) {
      arithmetic(node, tape.of(node));
      return true;
    }
    String a = node.getInputCount() > 0 ? node.getInput(0) : "";
    Optional<String> slope = slope(node, a, node.getOutput(0));
    if (slope.isPresent()) {
      tape.add(a, nodes.emit("Mul", tape.of(node), slope.get()));
    }
    return slope.isPresent();
  }

  private static boolean isArithmetic(String type) {
    return switch (type) {
      case "Identity", "Dropout", "Cast", "Neg", "Add", "Sub", "Mul", "Div", "Pow" -> true;
      case "Sum", "Max", "Min", "Where", "PRelu" -> true;
      default -> false;
    };
  }

  private void arithmetic(NodeProto node, String g) throws NotDifferentiableException {
    String y = node.getOutput(0);
    String a = node.getInput(0);
    String b = node.getInputCount() > 1 ? node.getInput(1) : "";
    switch (node.getOpType()) {
      case "Neg" -> tape.add(a, nodes.emit("Neg", g));
      case "Add", "Sum" -> {
        for (String input : node.getInputList()) {
          tape.addReduced(input, g);
        }
      }
      case "Sub" -> {
        tape.addReduced(a, g);
        tape.addReduced(b, nodes.emit("Neg", g));
      }
      case "Mul" -> {
        tape.addReduced(a, nodes.emit("Mul", g, b));
        tape.addReduced(b, nodes.emit("Mul", g, a));
      }
      case "Div" -> {
        String quotient = nodes.emit("Div", g, b);
        tape.addReduced(a, quotient);
        tape.addReduced(b, nodes.emit("Neg", nodes.emit("Mul", quotient, y)));
      }
      case "Pow" -> {
        tape.requireFixed(node, 1);
        String power = nodes.emit("Pow", a, nodes.emit("Sub", nodes.toFloat(b), nodes.real(1)));
        tape.addReduced(a, nodes.emit("Mul", g, nodes.emit("Mul", power, nodes.toFloat(b))));
      }
      case "Max", "Min" -> {
        for (String input : node.getInputList()) {
          tape.addReduced(input, nodes.emit("Mul", g, indicator("Equal", input, y)));
        }
      }
      case "Where" -> {
        String none = nodes.real(0);
        tape.addReduced(b, nodes.emit("Where", a, g, none));
        tape.addReduced(node.getInput(2), nodes.emit("Where", a, none, g));
      }
      case "PRelu" -> {
        tape.requireFixed(node, 1);
        String positive = nodes.emit("Greater", a, nodes.real(0));
        tape.add(a, nodes.emit("Where", positive, g, nodes.emit("Mul", g, b)));
      }
      default -> tape.add(a, g);
    }
  }

  private String indicator(String comparison, String left, String right) {
    return nodes.toFloat(nodes.emit(comparison, left, right));
  }

  private String times(String value, double factor) {
    return nodes.emit("Mul", value, nodes.real((float) factor));
  }

  /** dy/da of an operator of one input, where there is a rule. */
  private Optional<String> slope(NodeProto node, String a, String y) {
    String zero = nodes.real(0);
    String one = nodes.real(1);
    return Optional.ofNullable(
        switch (node.getOpType()) {
          case "Sqrt" -> nodes.emit("Div", nodes.real(0.5f), y);
          case "Exp" -> y;
          case "Log" -> nodes.emit("Reciprocal", a);
          case "Reciprocal" -> nodes.emit("Neg", nodes.emit("Mul", y, y));
          case "Abs" -> nodes.emit("Sign", a);
          case "Tanh" -> nodes.emit("Sub", one, nodes.emit("Mul", y, y));
          case "Sigmoid" -> nodes.emit("Mul", y, nodes.emit("Sub", one, y));
          case "Softplus" -> nodes.emit("Sigmoid", a);
          case "Erf" ->
              times(
                  nodes.emit("Exp", nodes.emit("Neg", nodes.emit("Mul", a, a))),
                  2 / Math.sqrt(Math.PI));
          case "Relu" -> indicator("Greater", y, zero);
          case "Clip" -> indicator("Equal", a, y);
          case "LeakyRelu" ->
              nodes.emit(
                  "Where",
                  nodes.emit("Greater", a, zero),
                  one,
                  nodes.real(OnnxGraph.real(node, "alpha", 0.01f)));
          case "Elu" ->
              nodes.emit(
                  "Where",
                  nodes.emit("Greater", a, zero),
                  one,
                  nodes.emit("Add", y, nodes.real(OnnxGraph.real(node, "alpha", 1))));
          case "HardSigmoid" ->
              nodes.emit(
                  "Mul",
                  nodes.emit("Mul", indicator("Greater", y, zero), indicator("Less", y, one)),
                  nodes.real(OnnxGraph.real(node, "alpha", 0.2f)));
          case "HardSwish" -> {
            // x·max(0, min(1, x/6 + 1/2)).
            String inner = nodes.emit("Add", times(a, 1 / 3.0), nodes.real(0.5f));
            String above = nodes.emit("Where", nodes.emit("Greater", a, nodes.real(3)), one, inner);
            yield nodes.emit("Where", nodes.emit("Less", a, nodes.real(-3)), zero, above);
          }
          default -> null;
        });
  }
}
