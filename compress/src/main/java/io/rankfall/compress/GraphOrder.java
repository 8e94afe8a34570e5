package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Holds a graph against what ONNX promises: every value is made once, by a node, an input or an
 * initializer, and no node needs what comes of it. Nodes come in an order in which each follows
 * those it needs.
 */
final class GraphOrder {
  private final GraphProto graph;
  private final String file;
  private final Set<String> given = new HashSet<>();
  private final Map<String, Integer> makers = new HashMap<>();

  /** Of each node those whose values it needs. */
  private final List<Set<Integer>> needs = new ArrayList<>();

  private GraphOrder(GraphProto graph, String file) throws ModelFormatException {
    this.graph = graph;
    this.file = file;
    graph.getInputList().forEach(input -> given.add(input.getName()));
    graph.getInitializerList().forEach(tensor -> given.add(tensor.getName()));
    graph.getSparseInitializerList().forEach(sparse -> given.add(sparse.getValues().getName()));
    for (int i = 0; i < graph.getNodeCount(); i++) {
      addOutputs(i);
    }
    for (NodeProto node : graph.getNodeList()) {
      needs.add(needs(node));
    }
    for (ValueInfoProto output : graph.getOutputList()) {
      if (!given.contains(output.getName()) && !makers.containsKey(output.getName())) {
        throw refused("output " + output.getName(), "a value of the graph", "none of this name");
      }
    }
  }

  /**
   * The same model with the nodes of its graph in order; the model itself if they are.
   *
   * @throws ModelFormatException if values are made twice or not at all, or need themselves
   */
  static ModelProto sorted(ModelProto model, String file) throws ModelFormatException {
    GraphProto graph = model.getGraph();
    GraphOrder order = new GraphOrder(graph, file);
    if (order.isSorted()) {
      return model;
    }
    GraphProto.Builder sorted = graph.toBuilder().clearNode();
    order.order().forEach(node -> sorted.addNode(graph.getNode(node)));
    return model.toBuilder().setGraph(sorted).build();
  }

  private void addOutputs(int index) throws ModelFormatException {
    for (String output : graph.getNode(index).getOutputList()) {
      if (output.isEmpty()) {
        continue;
      }
      if (given.contains(output) || makers.put(output, index) != null) {
        throw refused("value " + output, "one that makes it", "several");
      }
    }
  }

  private Set<Integer> needs(NodeProto node) throws ModelFormatException {
    Set<Integer> found = new HashSet<>(4);
    for (String input : node.getInputList()) {
      Integer maker = makers.get(input);
      if (maker != null) {
        found.add(maker);
      } else if (!input.isEmpty() && !given.contains(input)) {
        throw refused(
            "node " + OnnxGraph.label(node), "inputs that something makes", "none called " + input);
      }
    }
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        addFree(attribute.getG(), Set.of(), found);
      }
      for (GraphProto body : attribute.getGraphsList()) {
        addFree(body, Set.of(), found);
      }
    }
    return found;
  }

  /** What a body reads of the values outside; ONNX Runtime judges the body itself. */
  private void addFree(GraphProto body, Set<String> around, Set<Integer> found) {
    Set<String> own = new HashSet<>(around);
    body.getInputList().forEach(input -> own.add(input.getName()));
    body.getInitializerList().forEach(tensor -> own.add(tensor.getName()));
    body.getNodeList().forEach(node -> own.addAll(node.getOutputList()));
    List<String> read = new ArrayList<>();
    body.getOutputList().forEach(output -> read.add(output.getName()));
    for (NodeProto node : body.getNodeList()) {
      read.addAll(node.getInputList());
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          addFree(attribute.getG(), own, found);
        }
        attribute.getGraphsList().forEach(deeper -> addFree(deeper, own, found));
      }
    }
    for (String value : read) {
      Integer maker = own.contains(value) ? null : makers.get(value);
      if (maker != null) {
        found.add(maker);
      }
    }
  }

  private boolean isSorted() {
    for (int i = 0; i < needs.size(); i++) {
      for (int needed : needs.get(i)) {
        if (needed >= i) {
          return false;
        }
      }
    }
    return true;
  }

  /** Of the nodes that could be next always the first in the file (Kahn 1962). */
  private List<Integer> order() throws ModelFormatException {
    int count = needs.size();
    int[] missing = new int[count];
    List<List<Integer>> readers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      readers.add(new ArrayList<>());
    }
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < count; i++) {
      missing[i] = needs.get(i).size();
      for (int needed : needs.get(i)) {
        readers.get(needed).add(i);
      }
      if (missing[i] == 0) {
        ready.add(i);
      }
    }
    List<Integer> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      int next = ready.remove();
      order.add(next);
      for (int reader : readers.get(next)) {
        if (--missing[reader] == 0) {
          ready.add(reader);
        }
      }
    }
    if (order.size() < count) {
      throw refused(
          "node " + OnnxGraph.label(graph.getNode(onCycle(missing))),
          "inputs that do not need its outputs",
          "a cycle");
    }
    return order;
  }

  /** Every node that was never ready needs another one: going on, one comes round. */
  private int onCycle(int[] missing) {
    int node = 0;
    while (missing[node] == 0) {
      node++;
    }
    for (int steps = 0; steps < missing.length; steps++) {
      for (int needed : needs.get(node)) {
        if (missing[needed] > 0) {
          node = needed;
          break;
        }
      }
    }
    return node;
  }

  private ModelFormatException refused(String where, String expected, String found) {
    return new ModelFormatException(file, where, expected, found);
  }
}
