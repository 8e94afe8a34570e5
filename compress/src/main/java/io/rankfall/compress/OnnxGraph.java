package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who makes and who reads each value of a checked ONNX graph. */
final class OnnxGraph {
  /** One reading of a value: input {@code slot} of node {@code node}. */
  record Use(int node, int slot) {}

  private final GraphProto graph;
  private final Map<String, TensorProto> constants = new LinkedHashMap<>();
  private final Set<String> initializers = new HashSet<>();
  private final Map<String, List<Use>> uses = new HashMap<>();
  private final Set<String> outputs = new HashSet<>();
  private final Set<String> nested = new HashSet<>();
  private final Set<String> inside = new HashSet<>();
  private final Map<String, String> nestedWeights = new LinkedHashMap<>();

  OnnxGraph(GraphProto graph, String file) throws ModelFormatException {
    this.graph = graph;
    for (TensorProto tensor : graph.getInitializerList()) {
      add(tensor.getName(), tensor, file, "initializer " + tensor.getName());
      initializers.add(tensor.getName());
    }
    for (ValueInfoProto output : graph.getOutputList()) {
      outputs.add(output.getName());
    }
    for (int i = 0; i < graph.getNodeCount(); i++) {
      NodeProto node = graph.getNode(i);
      for (int slot = 0; slot < node.getInputCount(); slot++) {
        uses.computeIfAbsent(node.getInput(slot), name -> new ArrayList<>()).add(new Use(i, slot));
      }
      TensorProto constant = constantOf(node);
      if (constant != null) {
        add(node.getOutput(0), constant, file, "constant " + node.getOutput(0));
      }
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          visitNested(attribute.getG(), node.getName(), file);
        }
        for (GraphProto inner : attribute.getGraphsList()) {
          visitNested(inner, node.getName(), file);
        }
      }
    }
  }

  private void add(String name, TensorProto tensor, String file, String where)
      throws ModelFormatException {
    Tensors.check(tensor, file, where);
    if (constants.put(name, tensor) != null) {
      throw new ModelFormatException(file, where, "one value of this name", "two");
    }
  }

  static @Nullable TensorProto constantOf(NodeProto node) {
    if (node.getOpType().equals("Constant") && node.getOutputCount() == 1) {
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.getName().equals("value") && attribute.hasT()) {
          return attribute.getT();
        }
      }
    }
    return null;
  }

  private void visitNested(GraphProto inner, String owner, String file)
      throws ModelFormatException {
    for (TensorProto tensor : inner.getInitializerList()) {
      Tensors.check(tensor, file, "initializer " + tensor.getName() + " inside node " + owner);
      if (Tensors.isWeight(tensor)) {
        nestedWeights.put(tensor.getName(), Tensors.shape(tensor));
      }
    }
    for (ValueInfoProto output : inner.getOutputList()) {
      nested.add(output.getName());
    }
    for (NodeProto node : inner.getNodeList()) {
      nested.addAll(node.getInputList());
      inside.addAll(node.getInputList());
      inside.addAll(node.getOutputList());
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          visitNested(attribute.getG(), owner, file);
        }
        for (GraphProto deeper : attribute.getGraphsList()) {
          visitNested(deeper, owner, file);
        }
      }
    }
  }

  GraphProto proto() {
    return graph;
  }

  NodeProto node(int index) {
    return graph.getNode(index);
  }

  /** Initializers and Constant nodes by the name of their value, in file order. */
  Map<String, TensorProto> constants() {
    return constants;
  }

  boolean isInitializer(String name) {
    return initializers.contains(name);
  }

  List<Use> uses(String value) {
    return uses.getOrDefault(value, List.of());
  }

  /** Whether the value leaves the graph or enters a nested one: it must keep its name. */
  boolean escapes(String value) {
    return outputs.contains(value) || nested.contains(value);
  }

  boolean isRead(String value) {
    return escapes(value) || uses.containsKey(value);
  }

  /** The names that nested graphs give to values: new ones must not collide with them. */
  Set<String> namesInside() {
    return inside;
  }

  /** Shapes of the weights of nested graphs (loop and branch bodies), by name. */
  Map<String, String> nestedWeights() {
    return nestedWeights;
  }

  /** A node as messages name it. */
  static String label(NodeProto node) {
    return node.getName().isEmpty() ? node.getOpType() : node.getOpType() + " " + node.getName();
  }

  /** Whether the node's operator is one of ONNX itself. */
  static boolean isStandard(NodeProto node) {
    return node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
  }

  static long integer(NodeProto node, String attribute, long absent) {
    for (AttributeProto a : node.getAttributeList()) {
      if (a.getName().equals(attribute)) {
        return a.getI();
      }
    }
    return absent;
  }

  static List<Long> integers(NodeProto node, String attribute, List<Long> absent) {
    for (AttributeProto a : node.getAttributeList()) {
      if (a.getName().equals(attribute)) {
        return a.getIntsList();
      }
    }
    return absent;
  }

  static String text(NodeProto node, String attribute, String absent) {
    for (AttributeProto a : node.getAttributeList()) {
      if (a.getName().equals(attribute)) {
        return a.getS().toStringUtf8();
      }
    }
    return absent;
  }

  static float real(NodeProto node, String attribute, float absent) {
    for (AttributeProto a : node.getAttributeList()) {
      if (a.getName().equals(attribute)) {
        return a.getF();
      }
    }
    return absent;
  }
}
