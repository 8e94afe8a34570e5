package io.rankfall.compress;

import io.rankfall.compress.AttentionBlock.Projection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds attention by the names that the common libraries give its weights. */
final class NamedAttention {
  /**
   * Names after a common prefix.
   *
   * @param apart of the queries, keys and values, or one that holds all three in this order
   * @param output may be missing
   */
  private record Names(List<String> apart, String output) {}

  private static final List<Names> KNOWN =
      List.of(
          new Names(List.of("q_proj.weight", "k_proj.weight", "v_proj.weight"), "o_proj.weight"),
          new Names(List.of("q_proj.weight", "k_proj.weight", "v_proj.weight"), "out_proj.weight"),
          new Names(
              List.of("self.query.weight", "self.key.weight", "self.value.weight"),
              "output.dense.weight"),
          new Names(
              List.of("attention.query.weight", "attention.key.weight", "attention.value.weight"),
              "output.dense.weight"),
          new Names(List.of("q_lin.weight", "k_lin.weight", "v_lin.weight"), "out_lin.weight"),
          new Names(List.of("to_q.weight", "to_k.weight", "to_v.weight"), "to_out.0.weight"),
          new Names(
              List.of("Attention.q.weight", "Attention.k.weight", "Attention.v.weight"),
              "Attention.o.weight"),
          new Names(List.of("wq.weight", "wk.weight", "wv.weight"), "wo.weight"),
          new Names(List.of("in_proj_weight"), "out_proj.weight"),
          new Names(List.of("attn.qkv.weight"), "attn.proj.weight"),
          new Names(List.of("c_attn.weight"), "c_proj.weight"));

  private final Map<String, StoredMatrix> matrices;
  private final int heads;
  private final List<AttentionBlock> blocks = new ArrayList<>();

  /**
   * @param matrices by their names in the file
   * @param heads 0 if it is not known
   */
  NamedAttention(Map<String, StoredMatrix> matrices, int heads) {
    this.matrices = matrices;
    this.heads = heads;
    for (Map.Entry<String, StoredMatrix> entry : matrices.entrySet()) {
      for (Names names : KNOWN) {
        if (entry.getKey().endsWith(names.apart.get(0)) && add(entry.getKey(), names)) {
          break;
        }
      }
    }
  }

  List<AttentionBlock> blocks() {
    return blocks;
  }

  private boolean add(String first, Names names) {
    String prefix = first.substring(0, first.length() - names.apart.get(0).length());
    List<StoredMatrix> found =
        names.apart.stream()
            .map(name -> matrices.get(prefix + name))
            .filter(matrix -> matrix != null)
            .toList();
    StoredMatrix output = matrices.get(prefix + names.output);
    // The first two entries differ in the output alone.
    boolean elsewhere = output == null && matrices.containsKey(prefix + "out_proj.weight");
    if (found.size() != names.apart.size() || elsewhere) {
      return false;
    }
    List<Projection> projections =
        found.size() == 3
            ? found.stream().map(Projection::of).toList()
            : List.of(
                Projection.part(found.get(0), 0, 3),
                Projection.part(found.get(0), 1, 3),
                Projection.part(found.get(0), 2, 3));
    String name = prefix.isEmpty() ? "attention" : prefix.replaceAll("[._]$", "");
    Optional<AttentionBlock> block =
        AttentionBlock.of(name, projections, Optional.ofNullable(output), heads, 0);
    block.ifPresent(blocks::add);
    return block.isPresent();
  }
}
