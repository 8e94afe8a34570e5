package io.rankfall.compress;

import io.rankfall.compress.OnnxScope.Use;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds which constants of an ONNX file are weights, and why the others are none. */
final class OnnxWeights {
  /** A constant may be passed on by so many nodes. */
  private static final int MOST_HOPS = 16;

  private final List<StoredMatrix> matrices = new ArrayList<>();
  private final List<SkippedWeight> skipped = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  /** The matrices of the nodes that multiply by them. */
  private final IdentityHashMap<OnnxNode, List<StoredMatrix>> byNode = new IdentityHashMap<>();

  private long parameters;

  private OnnxWeights() {}

  static ModelWeights read(Path path) throws IOException {
    List<OnnxScope> graphs = OnnxStructure.read(path);
    OnnxWeights weights = new OnnxWeights();
    for (OnnxScope graph : graphs) {
      for (OnnxScope scope : graph.all()) {
        weights.scan(scope);
      }
    }
    List<AttentionBlock> attention = new ArrayList<>();
    for (OnnxScope graph : graphs) {
      for (OnnxScope scope : graph.all()) {
        attention.addAll(new OnnxAttention(scope, weights.byNode).blocks());
      }
    }
    return new ModelWeights(weights.parameters, weights.matrices, attention, weights.skipped);
  }

  private void scan(OnnxScope scope) {
    for (Map.Entry<String, StoredTensor> constant : scope.constants().entrySet()) {
      StoredTensor tensor = constant.getValue();
      if (!scope.isRead(constant.getKey())) {
        continue;
      }
      if (tensor.type().isFloating()) {
        parameters += tensor.count();
      }
      if (tensor.isWeight()) {
        scan(scope, constant.getKey(), tensor);
      }
    }
    skipped.addAll(scope.sparse());
  }

  /** A use of a constant, perhaps after it was transposed. */
  private record Found(Use use, boolean transposed) {}

  private void scan(OnnxScope scope, String name, StoredTensor tensor) {
    List<Found> uses = new ArrayList<>();
    follow(
        scope,
        name,
        tensor.shape(),
        false,
        Collections.newSetFromMap(new IdentityHashMap<>()),
        uses);
    // FP8 in ONNX always comes with a scale, which may differ from row to row.
    String reason =
        tensor.type().bits() == 8 && tensor.type().isFloating()
            ? "quantized: " + tensor.type()
            : tensor.obstacle().orElse("");
    if (!reason.isEmpty()) {
      skip(name, tensor, uses.isEmpty() ? reason : reason + ", " + usedBy(uses.get(0)));
      return;
    }
    StoredTensor named = named(name, tensor);
    List<StoredMatrix> made = new ArrayList<>();
    for (Found found : uses) {
      Use use = found.use;
      WeightBlocks blocks =
          bothConstant(use)
              ? WeightBlocks.none("both operands of %s are constant".formatted(use.node().label()))
              : OnnxOperators.weight(use.node(), use.slot(), tensor.shape(), found.transposed);
      if (blocks.obstacle().isPresent()) {
        reason = reason.isEmpty() ? blocks.obstacle().get() : reason;
        continue;
      }
      if (made.isEmpty()) {
        String own = use.node().name().isBlank() ? name : use.node().name();
        for (WeightBlocks.Block block : blocks.blocks()) {
          String unique = unique(ModelFormatException.oneLine(own + block.suffix()));
          made.add(new StoredMatrix(unique, blocks.kind(), named, block.layout()));
        }
        matrices.addAll(made);
      }
      byNode.computeIfAbsent(use.node(), key -> new ArrayList<>()).addAll(made);
    }
    if (made.isEmpty()) {
      skip(name, tensor, reason.isEmpty() ? "is itself an output" : reason);
    }
  }

  /** Constant nodes name their value, not the tensor in it. */
  private static StoredTensor named(String name, StoredTensor tensor) {
    return new StoredTensor(name, tensor.type(), tensor.shape(), tensor.data(), tensor.packing());
  }

  private static void follow(
      OnnxScope scope,
      String name,
      List<Long> shape,
      boolean transposed,
      Set<OnnxNode> passed,
      List<Found> found) {
    for (Use use : scope.uses(name)) {
      boolean swaps = OnnxOperators.transposes(use.node(), shape);
      boolean passes =
          use.node().outputs().size() == 1
              && (swaps || OnnxOperators.passes(use.node(), use.slot()));
      if (!passes || passed.size() == MOST_HOPS) {
        found.add(new Found(use, transposed));
      } else if (passed.add(use.node())) {
        String output = use.node().outputs().get(0);
        follow(use.scope(), output, shape, transposed != swaps, passed, found);
      }
    }
  }

  private static boolean bothConstant(Use use) {
    List<String> inputs = use.node().inputs();
    return OnnxOperators.isProduct(use.node())
        && use.slot() < 2
        && inputs.size() >= 2
        && use.scope().constant(inputs.get(1 - use.slot())) != null;
  }

  private static String usedBy(Found found) {
    return "used by " + found.use.node().label();
  }

  private void skip(String name, StoredTensor tensor, String reason) {
    skipped.add(SkippedWeight.of(name, tensor.shapeText(), reason));
  }

  private String unique(String wanted) {
    String name = wanted;
    for (int i = 1; !names.add(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }
}
