package io.rankfall.train.graph;

import io.rankfall.train.graph.LayerGraph.Node;
import java.util.ArrayList;
import java.util.List;

/**
 * The linear layers around an attention. Head h owns rows h·width to (h+1)·width of the weights of
 * query, key and value, and those columns of the output's.
 *
 * @param name of the attention
 * @param width of a head
 */
public record AttentionHeads(
    String name, int heads, int width, Node query, Node key, Node value, Node output) {

  /** The name of W_KᵀW_Q of a head, counted from 0. */
  public String queryKey(int head) {
    return "%s.head%d.Wkᵀ·Wq".formatted(name, head + 1);
  }

  /** The name of W_O·W_V of a head, counted from 0. */
  public String outputValue(int head) {
    return "%s.head%d.Wo·Wv".formatted(name, head + 1);
  }

  /** Both products of every head, by the singular values that can be other than 0. */
  List<Watched> watched() {
    List<Watched> watched = new ArrayList<>();
    for (int head = 0; head < heads; head++) {
      watched.add(new Watched(queryKey(head), width, width));
      watched.add(new Watched(outputValue(head), width, width));
    }
    return watched;
  }
}
