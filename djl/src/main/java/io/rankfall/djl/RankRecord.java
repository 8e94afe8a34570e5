package io.rankfall.djl;

import io.rankfall.spectra.RankRule;
import java.util.List;

/**
 * The ranks of all weight matrices of a block at one moment of its training.
 *
 * @param epoch complete epochs, 0 before the first is
 * @param batches training batches whose step is in the weights
 * @param rule which singular values count
 * @param layers in the order of {@link BlockWeights}
 * @param seconds wall time that this measurement took
 */
public record RankRecord(
    int epoch, long batches, RankRule rule, List<LayerRank> layers, double seconds) {
  public RankRecord {
    layers = List.copyOf(layers);
    if (epoch < 0 || batches < 0) {
      throw new IllegalArgumentException(
          "ranks: expected epoch and batches >= 0, found %d, %d".formatted(epoch, batches));
    }
  }

  /** Whether every weight is a finite number. */
  public boolean isFinite() {
    return layers.stream().allMatch(layer -> layer.outcome() instanceof LayerRank.Measured);
  }
}
