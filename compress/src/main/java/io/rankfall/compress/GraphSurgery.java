package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rankfall.compress.Chain.Link;
import io.rankfall.spectra.NonFiniteException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Replaces layers of a model by their factors: each of their nodes becomes a chain, everything else
 * stays.
 */
final class GraphSurgery {
  /**
   * What replaces a layer.
   *
   * @param biases new numbers of the bias tensors that change, by name
   */
  record Replacement(Layer layer, Factors factors, Map<String, float[]> biases) {
    Replacement {
      boolean finite = factors.isFinite();
      for (float[] bias : biases.values()) {
        for (float b : bias) {
          finite &= Float.isFinite(b);
        }
      }
      if (!finite) {
        throw new NonFiniteException(
            "factors of layer %s: expected numbers that the type of its weights can hold, found larger ones"
                .formatted(layer.name()));
      }
    }
  }

  private final OnnxModel model;
  private final Map<String, Replacement> byTensor = new HashMap<>();
  private final Map<Integer, Replacement> byNode = new HashMap<>();
  private final Map<String, float[]> biases = new HashMap<>();
  private final Map<String, List<Link>> chains = new HashMap<>();

  /**
   * What the links' weights are called where they are multiplied: other than in the file if cast.
   */
  private final Map<String, String> operands = new HashMap<>();

  /** Nodes between a weight and its layer, which go, and the layer whose weight they pass on. */
  private final Map<Integer, Replacement> passing = new HashMap<>();

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
      Layer layer = replacement.layer();
      byTensor.put(layer.tensor(), replacement);
      layer.nodes().forEach(node -> byNode.put(node, replacement));
      biases.putAll(replacement.biases());
      path(replacement).nodes().forEach(node -> passing.put(node, replacement));
      chains.put(
          layer.tensor(),
          Chain.of(layer, replacement.factors()).stream()
              .map(link -> link.named(fresh(layer.name() + "." + link.suffix(), values)))
              .map(link -> link.inTypeOf(model.constant(layer.tensor())))
              .toList());
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

  private ConstantPath path(Replacement replacement) {
    String tensor = replacement.layer().tensor();
    return ConstantPath.of(model.graph(), tensor, model.constant(tensor));
  }

  private GraphProto rebuilt() {
    GraphProto old = model.proto().getGraph();
    Set<String> gone = new HashSet<>(byTensor.keySet());
    passing.keySet().forEach(node -> gone.addAll(old.getNode(node).getOutputList()));
    GraphProto.Builder graph =
        old.toBuilder().clearNode().clearInitializer().clearInput().clearValueInfo();
    for (ValueInfoProto input : old.getInputList()) {
      Replacement replacement = byTensor.get(input.getName());
      if (replacement == null) {
        graph.addInput(input);
      } else {
        weights(replacement).forEach(tensor -> graph.addInput(declared(tensor)));
      }
    }
    old.getValueInfoList().stream()
        .filter(value -> !gone.contains(value.getName()))
        .forEach(graph::addValueInfo);
    for (TensorProto tensor : old.getInitializerList()) {
      Replacement replacement = byTensor.get(tensor.getName());
      if (replacement == null) {
        graph.addInitializer(withNewBias(tensor));
      } else {
        graph.addAllInitializer(weights(replacement));
      }
    }
    for (int i = 0; i < old.getNodeCount(); i++) {
      Replacement passed = passing.get(i);
      if (passed == null) {
        addNode(graph, old.getNode(i), byNode.get(i));
      } else if (path(passed).nodes().get(0) == i) {
        addCasts(graph, passed);
      }
    }
    return graph.build();
  }

  private TensorProto withNewBias(TensorProto tensor) {
    float[] bias = biases.get(tensor.getName());
    return bias == null
        ? tensor
        : Tensors.inTypeOf(
            tensor,
            Tensors.of(
                tensor.getName(),
                bias,
                tensor.getDimsList().stream().mapToLong(dim -> dim).toArray()));
  }

  /** The factors are cast where the weights were. */
  private void addCasts(GraphProto.Builder graph, Replacement replacement) {
    int type = path(replacement).type().getNumber();
    for (TensorProto tensor : weights(replacement)) {
      if (tensor.getDataType() != type) {
        String cast = fresh(tensor.getName() + ".cast", values);
        operands.put(tensor.getName(), cast);
        graph.addNode(
            NodeProto.newBuilder()
                .setOpType("Cast")
                .setName(fresh(cast, nodes))
                .addInput(tensor.getName())
                .addOutput(cast)
                .addAttribute(Chain.integer("to", type)));
      }
    }
  }

  private String operand(Link link) {
    String weights = link.weights().getName();
    return operands.getOrDefault(weights, weights);
  }

  /** A Constant node with its tensor replaced, if it is a bias that changes. */
  private NodeProto withNewBias(NodeProto node) {
    TensorProto tensor = OnnxGraph.constantOf(node);
    float[] bias = tensor == null ? null : biases.get(node.getOutput(0));
    if (tensor == null || bias == null) {
      return node;
    }
    NodeProto.Builder changed = node.toBuilder();
    changed
        .getAttributeBuilderList()
        .forEach(
            attribute ->
                attribute.setT(
                    Tensors.of(
                        tensor.getName(),
                        bias,
                        tensor.getDimsList().stream().mapToLong(dim -> dim).toArray())));
    return changed.build();
  }

  private void addNode(GraphProto.Builder graph, NodeProto node, @Nullable Replacement use) {
    if (use != null) {
      addChain(graph, node, use);
      return;
    }
    Replacement constant =
        OnnxGraph.constantOf(node) == null ? null : byTensor.get(node.getOutput(0));
    if (constant == null) {
      graph.addNode(withNewBias(node));
    } else {
      graph.addAllInitializer(weights(constant));
    }
  }

  private List<TensorProto> weights(Replacement replacement) {
    return chain(replacement).stream().map(Link::weights).toList();
  }

  private List<Link> chain(Replacement replacement) {
    return Objects.requireNonNull(chains.get(replacement.layer().tensor()));
  }

  /** The last node of the chain takes the bias and makes what the replaced one made. */
  private void addChain(GraphProto.Builder graph, NodeProto node, Replacement replacement) {
    String base = node.getName().isBlank() ? replacement.layer().name() : node.getName();
    List<Link> chain = chain(replacement);
    String input = node.getInput(0);
    for (int i = 0; i < chain.size(); i++) {
      Link link = chain.get(i);
      NodeProto.Builder made;
      if (i < chain.size() - 1) {
        String hidden = fresh(base + ".hidden", values);
        made =
            NodeProto.newBuilder()
                .setOpType(node.getOpType())
                .setDomain(node.getDomain())
                .addInput(input)
                .addInput(operand(link))
                .addOutput(hidden);
        input = hidden;
      } else {
        made = node.toBuilder().setInput(0, input).setInput(1, operand(link)).clearAttribute();
      }
      graph.addNode(
          made.setName(fresh(base + "." + link.suffix(), nodes))
              .addAllAttribute(link.attributes(node)));
    }
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
