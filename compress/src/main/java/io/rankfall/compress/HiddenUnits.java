package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Units that one linear layer makes and others read, with nothing in between but operations on each
 * unit by itself, so that a unit can be taken out of the graph.
 *
 * @param maker the layer whose outputs they are
 * @param readers the layers whose inputs they are, all of the same value
 * @param vectors the constants with one number a unit: biases, slopes, normalisations
 * @param values everything in between, the outputs of {@code maker} first
 */
record HiddenUnits(
    LinearLayer maker, List<LinearLayer> readers, Set<String> vectors, Set<String> values) {

  private static final Set<String> UNARY =
      Set.of(
          "Abs",
          "Celu",
          "Clip",
          "Cos",
          "Elu",
          "Erf",
          "Exp",
          "Gelu",
          "HardSigmoid",
          "HardSwish",
          "Identity",
          "LeakyRelu",
          "Mish",
          "Neg",
          "Relu",
          "Selu",
          "Sigmoid",
          "Sin",
          "Softplus",
          "Softsign",
          "Sqrt",
          "Tanh",
          "ThresholdedRelu");

  private static final Set<String> BINARY = Set.of("Add", "Sub", "Mul", "Div", "Pow", "PRelu");

  HiddenUnits {
    readers = List.copyOf(readers);
    vectors = Set.copyOf(vectors);
    values = Set.copyOf(values);
  }

  /** How many there are. */
  int width() {
    return maker.rows();
  }

  /** All of a model, in the order of the layers that make them. */
  static List<HiddenUnits> of(OnnxModel model) {
    List<HiddenUnits> found = new ArrayList<>();
    for (LinearLayer layer : model.linearLayers()) {
      new Walk(model, layer).units().ifPresent(found::add);
    }
    return found;
  }

  /** From the outputs of one layer to all that reads them. */
  private static final class Walk {
    private final OnnxModel model;
    private final OnnxGraph graph;
    private final LinearLayer maker;
    private final Set<String> declared = new HashSet<>();
    private final Set<String> values = new HashSet<>();
    private final Set<String> vectors = new HashSet<>();
    private final List<LinearLayer> readers = new ArrayList<>();

    Walk(OnnxModel model, LinearLayer maker) {
      this.model = model;
      this.graph = model.graph();
      this.maker = maker;
      for (ValueInfoProto input : graph.proto().getInputList()) {
        declared.add(input.getName());
      }
    }

    Optional<HiddenUnits> units() {
      if (maker.rows() < 2 || maker.uses().size() != 1 || !isDirect(maker)) {
        return Optional.empty();
      }
      int first = maker.uses().get(0).node();
      NodeProto product = graph.node(first);
      if (product.getInputCount() > 2
          && !product.getInput(2).isEmpty()
          && !fits(product.getInput(2))) {
        return Optional.empty();
      }
      values.add(product.getOutput(0));
      // Nodes of a graph stand in the order of their execution.
      for (int i = first + 1; i < graph.proto().getNodeCount(); i++) {
        for (int slot = 0; slot < graph.node(i).getInputCount(); slot++) {
          if (values.contains(graph.node(i).getInput(slot)) && !follow(i, slot)) {
            return Optional.empty();
          }
        }
      }
      boolean oneValue =
          readers.stream().map(layer -> layer.uses().get(0).input()).distinct().count() == 1;
      return oneValue && values.stream().noneMatch(graph::escapes)
          ? Optional.of(new HiddenUnits(maker, readers, vectors, values))
          : Optional.empty();
    }

    /** Whether what reads a value either acts on each unit by itself or is a linear layer. */
    private boolean follow(int index, int slot) {
      NodeProto node = graph.node(index);
      if (!(node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx"))
          || node.getOutputCount() != 1) {
        return false;
      }
      String type = node.getOpType();
      if (type.equals("MatMul") || type.equals("Gemm")) {
        return slot == 0 && isReader(index);
      }
      boolean single = UNARY.contains(type) && slot == 0;
      boolean normalizes = type.equals("BatchNormalization") && slot == 0 && isMatrix();
      if (!single && !normalizes && !BINARY.contains(type)) {
        return false;
      }
      for (int other = 0; other < node.getInputCount(); other++) {
        String name = node.getInput(other);
        if (!values.contains(name) && !(single ? isConstant(name) : fits(name))) {
          return false;
        }
      }
      values.add(node.getOutput(0));
      return true;
    }

    /** Channels are the second axis of whatever is normalised: the last one of a matrix. */
    private boolean isMatrix() {
      return graph.node(maker.uses().get(0).node()).getOpType().equals("Gemm");
    }

    private boolean isReader(int index) {
      for (LinearLayer layer : model.linearLayers()) {
        if (layer.nodes().equals(List.of(index))) {
          readers.add(layer);
          return isDirect(layer);
        }
      }
      return false;
    }

    /** The limits of a Clip. */
    private boolean isConstant(String name) {
      return name.isEmpty() || graph.constants().containsKey(name);
    }

    /** A number for all units, or a vector of one for each that nobody else reads. */
    private boolean fits(String name) {
      TensorProto tensor = graph.constants().get(name);
      if (tensor == null) {
        return false;
      }
      if (Tensors.count(tensor) == 1) {
        return true;
      }
      boolean vector =
          Tensors.isBias(tensor, maker.rows())
              && graph.isInitializer(name)
              && isOwn(name)
              && graph.uses(name).size() == 1;
      if (vector) {
        vectors.add(name);
      }
      return vector;
    }

    /** Whether the shape of a constant can change unseen. */
    private boolean isOwn(String name) {
      return Tensors.type(model.constant(name)) == DataType.FLOAT
          && !graph.escapes(name)
          && !declared.contains(name);
    }

    /** Whether a layer multiplies by its constant as it is stored. */
    private boolean isDirect(LinearLayer layer) {
      int node = layer.uses().get(0).node();
      return isOwn(layer.tensor()) && graph.node(node).getInput(1).equals(layer.tensor());
    }
  }
}
