package io.rankfall.compress;

import io.rankfall.compress.AttentionBlock.Projection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds attention in an ONNX graph: a product of two computed values under a softmax, the product
 * with a third behind it, or one of the operators that do all of this; and behind each value the
 * weight it was projected with.
 */
final class OnnxAttention {
  /** How many nodes a walk between a projection and the product may visit. */
  private static final int LONGEST_WALK = 64;

  /** What lies between a projection and the product with the keys, or between that and softmax. */
  private static final Set<String> BETWEEN =
      Set.of(
          "Add",
          "Sub",
          "Mul",
          "Div",
          "Where",
          "Cast",
          "Clip",
          "Identity",
          "Dropout",
          "Neg",
          "Concat",
          "Reshape",
          "Transpose",
          "Split",
          "Slice",
          "Gather",
          "Squeeze",
          "Unsqueeze",
          "Expand",
          "Flatten",
          "QuantizeLinear",
          "DequantizeLinear",
          "RotaryEmbedding");

  private static final Set<String> JOINTS = Set.of("Concat", "Unsqueeze", "Cast", "Identity");
  private static final int MOST_JOINTS = 4;

  private final OnnxScope scope;
  private final IdentityHashMap<OnnxNode, List<StoredMatrix>> weights;
  private final List<AttentionBlock> blocks = new ArrayList<>();

  /**
   * @param weights the matrices of the nodes that multiply by them
   */
  OnnxAttention(OnnxScope scope, IdentityHashMap<OnnxNode, List<StoredMatrix>> weights)
      throws IOException {
    this.scope = scope;
    this.weights = weights;
    for (OnnxNode node : scope.nodes()) {
      if (node.isStandard()) {
        switch (node.type()) {
          case "Softmax" -> softmax(node);
          case "Attention", "MultiHeadAttention", "GroupQueryAttention", "PackedAttention" ->
              operator(node);
          default -> {}
        }
      }
    }
  }

  List<AttentionBlock> blocks() {
    return blocks;
  }

  /** A projection's weight, and the width of a head if the shapes on the way tell it, else 0. */
  private record Origin(StoredMatrix matrix, int headWidth) {}

  private void softmax(OnnxNode softmax) throws IOException {
    if (softmax.inputs().isEmpty() || softmax.outputs().isEmpty()) {
      return;
    }
    OnnxNode scores = back(softmax.inputs().get(0), OnnxAttention::isProductOfValues);
    OnnxNode mixed = ahead(softmax.outputs().get(0), OnnxAttention::isProductOfValues);
    if (scores == null || mixed == null) {
      return;
    }
    add(
        softmax,
        origin(scores.inputs().get(0)),
        origin(scores.inputs().get(1)),
        origin(mixed.inputs().get(1)),
        mixed.outputs().get(0),
        0);
  }

  private static boolean isProductOfValues(OnnxNode node) {
    return (node.type().equals("MatMul") || node.type().equals("FusedMatMul"))
        && node.inputs().size() == 2
        && node.outputs().size() == 1;
  }

  private void operator(OnnxNode node) throws IOException {
    int heads = (int) Math.max(0, Math.min(1 << 20, headsOf(node)));
    List<StoredMatrix> own = weights.getOrDefault(node, List.of());
    if (own.size() == 3 && !node.outputs().isEmpty()) {
      add(
          node,
          new Origin(own.get(0), 0),
          new Origin(own.get(1), 0),
          new Origin(own.get(2), 0),
          node.outputs().get(0),
          heads);
    } else if (node.inputs().size() >= 3 && !node.outputs().isEmpty()) {
      add(
          node,
          origin(node.inputs().get(0)),
          origin(node.inputs().get(1)),
          origin(node.inputs().get(2)),
          node.outputs().get(0),
          heads);
    }
  }

  private static long headsOf(OnnxNode node) {
    return node.integer("num_heads", node.integer("q_num_heads", 0));
  }

  private void add(
      OnnxNode node,
      @Nullable Origin query,
      @Nullable Origin key,
      @Nullable Origin value,
      String mixed,
      int heads)
      throws IOException {
    if (query == null || key == null || value == null) {
      return;
    }
    OnnxNode out = ahead(mixed, this::isProjection);
    Optional<StoredMatrix> output = out == null ? Optional.empty() : Optional.of(matrixOf(out));
    AttentionBlock.of(
            layerOf(node),
            projections(query.matrix, key.matrix, value.matrix),
            output,
            heads,
            query.headWidth)
        .ifPresent(blocks::add);
  }

  /** Exporters name nodes {@code /layer/part/Softmax}: what is before the last part. */
  private static String layerOf(OnnxNode node) {
    int end = node.name().lastIndexOf('/');
    if (end > 0) {
      return node.name().substring(0, end);
    }
    return end == 0 || node.name().isBlank() ? "attention" : node.name();
  }

  /** One matrix for all three holds them in this order, as every exporter known to us has it. */
  private static List<Projection> projections(
      StoredMatrix query, StoredMatrix key, StoredMatrix value) {
    if (query == key && key == value) {
      return List.of(
          Projection.part(query, 0, 3), Projection.part(query, 1, 3), Projection.part(query, 2, 3));
    }
    if (key == value) {
      return List.of(Projection.of(query), Projection.part(key, 0, 2), Projection.part(key, 1, 2));
    }
    return List.of(Projection.of(query), Projection.of(key), Projection.of(value));
  }

  private boolean isProjection(OnnxNode node) {
    return OnnxOperators.isProduct(node) && weights.getOrDefault(node, List.of()).size() == 1;
  }

  private StoredMatrix matrixOf(OnnxNode node) {
    return weights.getOrDefault(node, List.of()).get(0);
  }

  private @Nullable Origin origin(String value) throws IOException {
    List<String> shapes = new ArrayList<>();
    OnnxNode found =
        back(
            value,
            node -> {
              if (node.type().equals("Reshape") && node.inputs().size() == 2) {
                shapes.add(node.inputs().get(1));
              }
              return isProjection(node);
            });
    if (found == null) {
      return null;
    }
    // The one next to the projection tells the heads apart.
    int width = shapes.isEmpty() ? 0 : lastDimension(shapes.get(shapes.size() - 1));
    return new Origin(matrixOf(found), width);
  }

  /** The first node of the wanted kind on the way a value came. */
  private @Nullable OnnxNode back(String value, Predicate<OnnxNode> wanted) {
    return back(value, wanted, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  private @Nullable OnnxNode back(String value, Predicate<OnnxNode> wanted, Set<OnnxNode> seen) {
    OnnxNode node = scope.producer(value);
    if (node == null || seen.size() == LONGEST_WALK || !seen.add(node)) {
      return null;
    }
    if (wanted.test(node)) {
      return node;
    }
    if (BETWEEN.contains(node.type())) {
      // Shapes, masks and indices come behind the value itself, or are constants.
      for (String input : node.inputs()) {
        OnnxNode found = back(input, wanted, seen);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  private @Nullable OnnxNode ahead(String value, Predicate<OnnxNode> wanted) {
    return ahead(value, wanted, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  private @Nullable OnnxNode ahead(String value, Predicate<OnnxNode> wanted, Set<OnnxNode> seen) {
    for (OnnxScope.Use use : scope.uses(value)) {
      OnnxNode node = use.node();
      if (use.slot() != 0 || seen.size() == LONGEST_WALK || !seen.add(node)) {
        continue;
      }
      if (wanted.test(node)) {
        return node;
      }
      if (BETWEEN.contains(node.type()) && !node.outputs().isEmpty()) {
        OnnxNode found = ahead(node.outputs().get(0), wanted, seen);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  /** The last dimension that a Reshape makes, if it is a constant: a head's width; else 0. */
  private int lastDimension(String shape) throws IOException {
    StoredTensor constant = scope.constant(shape);
    String last = shape;
    // Exporters join the dimensions they compute with those they know.
    for (int hop = 0; constant == null && hop < MOST_JOINTS; hop++) {
      OnnxNode node = scope.producer(last);
      if (node == null || node.inputs().isEmpty() || !JOINTS.contains(node.type())) {
        return 0;
      }
      last = node.inputs().get(node.type().equals("Concat") ? node.inputs().size() - 1 : 0);
      constant = scope.constant(last);
    }
    if (constant == null || constant.type() != ElementType.I64 || constant.count() < 1) {
      return 0;
    }
    float[] width = {0};
    try (NumberReader numbers = constant.numbers()) {
      numbers.skip(constant.count() - 1);
      numbers.read(width, 0, 1, 1);
    }
    return width[0] >= 1 && width[0] < 1 << 20 ? (int) width[0] : 0;
  }
}
