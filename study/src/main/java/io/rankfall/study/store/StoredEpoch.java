package io.rankfall.study.store;

import io.rankfall.train.Evaluation;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A run at the end of an epoch, as {@link io.rankfall.train.EpochRecord}.
 *
 * @param meanRank1e3 mean over all layers but the last of the singular values above 1e-3·‖W‖_F
 * @param meanRank1e2 the same above 1e-2·‖W‖_F
 * @param layers empty where only the epoch was asked for
 */
public record StoredEpoch(
    int epoch,
    double learningRate,
    @Nullable Evaluation training,
    Evaluation test,
    double meanRank1e3,
    double meanRank1e2,
    List<StoredLayer> layers) {
  public StoredEpoch {
    layers = List.copyOf(layers);
  }

  /** Mean over all layers but the last, the classifier; of a single layer its own. */
  public static double hiddenMean(List<StoredLayer> layers, ToIntFunction<StoredLayer> measure) {
    int count = Math.max(1, layers.size() - 1);
    return layers.subList(0, count).stream().mapToInt(measure).average().orElse(0);
  }
}
