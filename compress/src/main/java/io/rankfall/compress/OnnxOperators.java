package io.rankfall.compress;

import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Which input of which ONNX operator is a weight, and how it is a matrix. */
final class OnnxOperators {
  private static final List<String> QKV = List.of("q", "k", "v");

  /** Operators that pass a constant on as it is, up to rounding. */
  private static final Set<String> PASSING =
      Set.of("Identity", "Cast", "QuantizeLinear", "DequantizeLinear");

  private OnnxOperators() {}

  static boolean passes(OnnxNode node, int slot) {
    return node.isStandard() && slot == 0 && PASSING.contains(node.type());
  }

  /** Whether the node swaps the two dimensions of a matrix. */
  static boolean transposes(OnnxNode node, List<Long> shape) {
    return node.isStandard()
        && node.type().equals("Transpose")
        && shape.size() == 2
        && node.integers().getOrDefault("perm", List.of(1L, 0L)).equals(List.of(1L, 0L));
  }

  /** Whether it is a product of a value with a constant weight of two dimensions or more. */
  static boolean isProduct(OnnxNode node) {
    return switch (node.type()) {
      case "MatMul", "Gemm", "FusedMatMul", "FusedGemm" -> node.isStandard();
      default -> false;
    };
  }

  /**
   * The matrices of a weight that a node reads.
   *
   * @param slot the node's input that is the weight
   * @param transposed whether the weight is transposed on its way to the node
   */
  static WeightBlocks weight(OnnxNode node, int slot, List<Long> shape, boolean transposed) {
    if (!node.isStandard()) {
      return other(node);
    }
    return switch (node.type()) {
      case "MatMul", "FusedMatMul", "Gemm", "FusedGemm" ->
          slot < 2
              ? WeightBlocks.linear(shape, outputsFirst(node, slot) != transposed)
              : WeightBlocks.none("added by " + node.label());
      case "Conv", "FusedConv", "DeformConv" ->
          slot == 1 && !transposed
              ? WeightBlocks.convolution(shape, node.integer("group", 1))
              : other(node);
      case "ConvTranspose" ->
          slot == 1 && !transposed
              ? WeightBlocks.transposedConvolution(shape, node.integer("group", 1))
              : other(node);
      case "LSTM", "GRU", "RNN" ->
          slot == 1 || slot == 2
              ? WeightBlocks.recurrent(shape, slot == 1 ? ".W" : ".R")
              : other(node);
      case "Attention", "PackedAttention", "LongformerAttention" ->
          slot == 1 || (slot == 4 && node.type().startsWith("Longformer"))
              ? fused(node, shape)
              : other(node);
      case "DecoderAttention" ->
          switch (slot) {
            case 2 -> WeightBlocks.linear(shape, transposed);
            case 3 -> WeightBlocks.sideBySide(shape, List.of("k", "v"), equal(shape, 2));
            default -> other(node);
          };
      case "Gather" ->
          slot == 0 && node.integer("axis", 0) == 0 ? WeightBlocks.embedding(shape) : other(node);
      case "EmbedLayerNormalization" ->
          slot >= 2 && slot <= 4 ? WeightBlocks.embedding(shape) : other(node);
      default -> other(node);
    };
  }

  private static WeightBlocks other(OnnxNode node) {
    return WeightBlocks.none("used by %s, no matrix product".formatted(node.label()));
  }

  /** A weight W on the left of Y = W·X is stored outputs first, one on the right inputs first. */
  private static boolean outputsFirst(OnnxNode node, int slot) {
    boolean swapped = node.integer(slot == 0 ? "transA" : "transB", 0) != 0;
    return (slot == 0) != swapped;
  }

  private static WeightBlocks fused(OnnxNode node, List<Long> shape) {
    if (shape.size() != 2) {
      return other(node);
    }
    List<Long> widths = node.integers().getOrDefault("qkv_hidden_sizes", equal(shape, 3));
    return WeightBlocks.sideBySide(shape, QKV, widths);
  }

  private static List<Long> equal(List<Long> shape, int parts) {
    long width = shape.size() == 2 ? shape.get(1) / parts : 0;
    return Collections.nCopies(parts, width);
  }
}
