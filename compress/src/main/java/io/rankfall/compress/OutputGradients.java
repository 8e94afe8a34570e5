package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private final OnnxModel model;
  private final Tape tape;
  private final AppendedNodes nodes;

  private OutputGradients(OnnxModel model) {
    this.model = model;
    this.tape = new Tape(model);
    this.nodes = tape.nodes();
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
    return new OutputGradients(OpsetUpgrade.of(model)).differentiated(values, seed);
  }

  private Differentiated differentiated(Set<String> values, int seed)
      throws NotDifferentiableException, ModelFormatException {
    GraphProto old = model.proto().getGraph();
    tape.follow(values);
    for (int i = 0; i < old.getOutputCount(); i++) {
      ValueInfoProto output = old.getOutput(i);
      if (output.getType().getTensorType().getElemType() == DataType.FLOAT_VALUE) {
        // Equal seeds would give outputs that move together the same direction.
        tape.seed(output.getName(), seeded(output, seed + i));
      }
    }
    for (int i = old.getNodeCount() - 1; i >= 0; i--) {
      if (tape.isReached(old.getNode(i))) {
        differentiate(old.getNode(i));
      }
    }
    Map<String, String> found = new HashMap<>();
    for (String value : values) {
      tape.known(value).ifPresent(gradient -> found.put(value, gradient));
    }
    ModelProto proto = model.proto().toBuilder().setGraph(nodes.graph()).build();
    return new Differentiated(OnnxModel.of(proto, model.file()), found);
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
    boolean known =
        (node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx"))
            && (new ElementwiseRules(tape).apply(node)
                || new ProductRules(tape).apply(node)
                || new ReductionRules(tape).apply(node)
                || new ShapeRules(tape).apply(node)
                || new ConvolutionRules(tape).apply(node));
    if (!known) {
      throw Tape.unsupported(node);
    }
  }
}
