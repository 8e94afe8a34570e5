package io.rankfall.compress;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The values of one ONNX graph: the model's own, a body of a loop or a branch, which sees those
 * around it, or a function's.
 */
final class OnnxScope {
  /** One reading of a value: input {@code slot} of a node of {@code scope}. */
  record Use(OnnxScope scope, OnnxNode node, int slot) {}

  private final @Nullable OnnxScope parent;
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final List<OnnxScope> bodies = new ArrayList<>();
  private final Map<String, StoredTensor> constants = new LinkedHashMap<>();
  private final Map<String, OnnxNode> producers = new HashMap<>();
  private final Map<String, List<Use>> uses = new HashMap<>();
  private final Set<String> outputs = new HashSet<>();
  private final List<SkippedWeight> sparse = new ArrayList<>();

  OnnxScope(@Nullable OnnxScope parent) {
    this.parent = parent;
    if (parent != null) {
      parent.bodies.add(this);
    }
  }

  void addConstant(String name, StoredTensor tensor, String file, String where)
      throws ModelFormatException {
    if (constants.put(name, tensor) != null) {
      throw new ModelFormatException(file, where, "one value of this name", "two");
    }
  }

  void addSparse(SkippedWeight weight) {
    sparse.add(weight);
  }

  void addOutput(String name) {
    outputs.add(name);
  }

  void addNode(OnnxNode node, String file) throws ModelFormatException {
    nodes.add(node);
    node.outputs().forEach(output -> producers.put(output, node));
    if (node.value() != null && node.outputs().size() == 1) {
      addConstant(node.outputs().get(0), node.value(), file, "constant " + node.outputs().get(0));
    }
  }

  /** Notes who reads which value. Called once, on the outermost scope, when all are complete. */
  void connect() {
    for (OnnxNode node : nodes) {
      for (int slot = 0; slot < node.inputs().size(); slot++) {
        String name = node.inputs().get(slot);
        owner(name)
            .uses
            .computeIfAbsent(name, key -> new ArrayList<>())
            .add(new Use(this, node, slot));
      }
    }
    bodies.forEach(OnnxScope::connect);
  }

  /** The scope around this one that defines the value; this one if none does. */
  private OnnxScope owner(String name) {
    for (OnnxScope scope = this; scope != null; scope = scope.parent) {
      if (scope.constants.containsKey(name) || scope.producers.containsKey(name)) {
        return scope;
      }
    }
    return this;
  }

  /** This scope and all inside, outermost first. */
  List<OnnxScope> all() {
    List<OnnxScope> all = new ArrayList<>();
    all.add(this);
    for (int i = 0; i < all.size(); i++) {
      all.addAll(all.get(i).bodies);
    }
    return all;
  }

  List<OnnxNode> nodes() {
    return nodes;
  }

  /** Initializers and Constant nodes by the name of their value, in the order of the file. */
  Map<String, StoredTensor> constants() {
    return constants;
  }

  List<SkippedWeight> sparse() {
    return sparse;
  }

  @Nullable StoredTensor constant(String name) {
    return owner(name).constants.get(name);
  }

  @Nullable OnnxNode producer(String name) {
    return owner(name).producers.get(name);
  }

  List<Use> uses(String name) {
    return owner(name).uses.getOrDefault(name, List.of());
  }

  boolean isRead(String name) {
    return outputs.contains(name) || uses.containsKey(name);
  }
}
