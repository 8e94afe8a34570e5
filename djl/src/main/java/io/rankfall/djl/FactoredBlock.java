package io.rankfall.djl;

import ai.djl.nn.Block;
import io.rankfall.compress.Decomposition;
import io.rankfall.compress.RankPlan;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * A block whose layers are factored where that makes them smaller.
 *
 * @param block what to train and use from now on; the given block itself, unless that is a layer
 * @param plan what became of each layer that could be factored, and of the parameters
 * @param skipped weights that could not be factored, with the reason
 */
public record FactoredBlock(Block block, RankPlan plan, List<SkippedBlock> skipped) {
  public FactoredBlock {
    skipped = List.copyOf(skipped);
  }

  /**
   * A block with weights that stay as they are.
   *
   * @param name as DJL names its parameters
   * @param reason one line for the user
   */
  public record SkippedBlock(String name, String reason) {}

  /** What {@link LowRankBlocks#withRanks} needs to make another block of this structure. */
  public BlockRanks ranks() {
    LinkedHashMap<String, Decomposition> ranks = new LinkedHashMap<>();
    for (RankPlan.Layer layer : plan.layers()) {
      if (layer.choice() instanceof RankPlan.Factored factored) {
        ranks.put(layer.name(), factored.how());
      }
    }
    return new BlockRanks(ranks);
  }
}
