package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rankfall.compress.LinearLayer.Layout;
import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.NonFiniteException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Replaces layers of a model by their factors: one product becomes two, everything else stays. */
final class GraphSurgery {
  /**
   * What replaces a layer.
   *
   * @param biases new numbers of the bias tensors that change, by name
   */
  record Replacement(LinearLayer layer, LowRank factors, Map<String, float[]> biases) {
    Replacement {
      boolean finite = factors.left().isFinite() && factors.right().isFinite();
      for (float[] bias : biases.values()) {
        for (float b : bias) {
          finite &= Float.isFinite(b);
        }
      }
      if (!finite) {
        throw new NonFiniteException(
            "factors of layer %s: expected numbers within single precision, found larger ones"
                .formatted(layer.name()));
      }
    }
  }

  private record Names(String right, String left) {}

  private final OnnxModel model;
  private final Map<String, Replacement> byTensor = new HashMap<>();
  private final Map<Integer, Replacement> byNode = new HashMap<>();
  private final Map<String, float[]> biases = new HashMap<>();
  private final Map<String, Names> tensors = new HashMap<>();
  private final Set<String> values = new HashSet<>();
  private final Set<String> nodes = new HashSet<>();

  private GraphSurgery(OnnxModel model, List<Replacement> replacements) {
    this.model = model;
    GraphProto graph = model.proto().getGraph();
    for (NodeProto node : graph.getNodeList()) {
      nodes.add(node.getName());
      values.addAll(node.getInputList());
      values.addAll(node.getOutputList());
    }
    graph.getInitializerList().forEach(tensor -> values.add(tensor.getName()));
    graph.getInputList().forEach(input -> values.add(input.getName()));
    values.addAll(model.graph().namesInside());
    for (Replacement replacement : replacements) {
      LinearLayer layer = replacement.layer();
      byTensor.put(layer.tensor(), replacement);
      layer.uses().forEach(use -> byNode.put(use.node(), replacement));
      biases.putAll(replacement.biases());
      tensors.put(
          layer.tensor(),
          new Names(fresh(layer.name() + ".right", values), fresh(layer.name() + ".left", values)));
    }
  }

  static OnnxModel apply(OnnxModel model, List<Replacement> replacements) {
    try {
      GraphProto graph = new GraphSurgery(model, replacements).rebuilt();
      return OnnxModel.of(model.proto().toBuilder().setGraph(graph).build(), model.file());
    } catch (ModelFormatException e) {
      throw new IllegalStateException("factored " + e.getMessage(), e);
    }
  }

  private GraphProto rebuilt() {
    GraphProto old = model.proto().getGraph();
    GraphProto.Builder graph =
        old.toBuilder().clearNode().clearInitializer().clearInput().clearValueInfo();
    for (ValueInfoProto input : old.getInputList()) {
      Replacement replacement = byTensor.get(input.getName());
      if (replacement == null) {
        graph.addInput(input);
      } else {
        factors(replacement).forEach(tensor -> graph.addInput(declared(tensor)));
      }
    }
    old.getValueInfoList().stream()
        .filter(value -> !byTensor.containsKey(value.getName()))
        .forEach(graph::addValueInfo);
    for (TensorProto tensor : old.getInitializerList()) {
      Replacement replacement = byTensor.get(tensor.getName());
      if (replacement == null) {
        graph.addInitializer(withNewBias(tensor));
      } else {
        graph.addAllInitializer(factors(replacement));
      }
    }
    for (int i = 0; i < old.getNodeCount(); i++) {
      addNode(graph, old.getNode(i), byNode.get(i));
    }
    return graph.build();
  }

  private TensorProto withNewBias(TensorProto tensor) {
    float[] bias = biases.get(tensor.getName());
    return bias == null
        ? tensor
        : Tensors.of(
            tensor.getName(), bias, tensor.getDimsList().stream().mapToLong(dim -> dim).toArray());
  }

  private void addNode(GraphProto.Builder graph, NodeProto node, @Nullable Replacement use) {
    if (use != null) {
      addProducts(graph, node, use);
      return;
    }
    Replacement constant =
        OnnxGraph.constantOf(node) == null ? null : byTensor.get(node.getOutput(0));
    if (constant == null) {
      graph.addNode(node);
    } else {
      graph.addAllInitializer(factors(constant));
    }
  }

  /** The factors as the file holds them: in the layout of the weights they replace. */
  private List<TensorProto> factors(Replacement replacement) {
    Names names = names(replacement);
    LowRank factors = replacement.factors();
    return replacement.layer().layout() == Layout.OUTPUTS_FIRST
        ? List.of(Tensors.of(names.right, factors.right()), Tensors.of(names.left, factors.left()))
        : List.of(
            Tensors.of(names.right, factors.right().transposed()),
            Tensors.of(names.left, factors.left().transposed()));
  }

  private Names names(Replacement replacement) {
    return Objects.requireNonNull(tensors.get(replacement.layer().tensor()));
  }

  private void addProducts(GraphProto.Builder graph, NodeProto node, Replacement replacement) {
    String base = node.getName().isBlank() ? replacement.layer().name() : node.getName();
    Names names = names(replacement);
    String hidden = fresh(base + ".hidden", values);
    NodeProto.Builder right =
        NodeProto.newBuilder()
            .setName(fresh(base + ".right", nodes))
            .setOpType(node.getOpType())
            .setDomain(node.getDomain())
            .addInput(node.getInput(0))
            .addInput(names.right)
            .addOutput(hidden);
    if (replacement.layer().layout() == Layout.OUTPUTS_FIRST) {
      right.addAttribute(
          AttributeProto.newBuilder()
              .setName("transB")
              .setType(AttributeProto.AttributeType.INT)
              .setI(1));
    }
    graph.addNode(right);
    graph.addNode(
        node.toBuilder()
            .setName(fresh(base + ".left", nodes))
            .setInput(0, hidden)
            .setInput(1, names.left));
  }

  private static ValueInfoProto declared(TensorProto tensor) {
    TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(tensor.getDataType());
    tensor.getDimsList().forEach(dim -> type.getShapeBuilder().addDimBuilder().setDimValue(dim));
    return ValueInfoProto.newBuilder()
        .setName(tensor.getName())
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }

  private static String fresh(String wanted, Set<String> taken) {
    String name = wanted;
    for (int i = 1; !taken.add(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }
}
