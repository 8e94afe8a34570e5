package io.rankfall.study.store;

import io.rankfall.train.Evaluation;
import io.rankfall.train.graph.Watched;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A run at the end of an epoch, as {@link io.rankfall.train.EpochRecord}.
 *
 * @param meanRank1e3 mean over the matrices that count of the singular values above 1e-3·‖W‖_F
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

  /** Mean over the matrices that count, as {@link Watched#counted} says. */
  public static double hiddenMean(List<StoredLayer> layers, ToIntFunction<StoredLayer> measure) {
    return Watched.counted(layers, StoredLayer::name).stream()
        .mapToInt(measure)
        .average()
        .orElse(0);
  }
}
