package io.rankfall.train;

import io.rankfall.spectra.RankRule;
import io.rankfall.train.graph.Watched;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run at the end of one epoch; epoch 0 is the network before training.
 *
 * @param learningRate μ in all steps of the epoch, since a {@link Schedule} changes it between
 *     epochs only; what the first epoch will use for epoch 0
 * @param training mean over the epoch's mini-batches, each measured before its step; null for epoch
 *     0
 * @param validation over all validation examples; null if the data set has none
 * @param test over all test examples
 * @param layers whole spectra, in the order of the layers
 */
public record EpochRecord(
    int epoch,
    double learningRate,
    @Nullable Evaluation training,
    @Nullable Evaluation validation,
    Evaluation test,
    List<LayerSpectrum> layers) {
  public EpochRecord {
    layers = List.copyOf(layers);
  }

  /** Of a run without validation examples. */
  public EpochRecord(
      int epoch,
      double learningRate,
      @Nullable Evaluation training,
      Evaluation test,
      List<LayerSpectrum> layers) {
    this(epoch, learningRate, training, null, test, layers);
  }

  /**
   * What decisions are made by: the validation examples where there are some. Where there are none
   * it is the test examples, and accuracies of what was chosen by them are too good.
   */
  public Evaluation selection() {
    return validation == null ? test : validation;
  }

  /** {@code validation} or {@code test}: whose {@link #selection} is. */
  public String selectionName() {
    return validation == null ? "test" : "validation";
  }

  /**
   * Mean of the ranks of the matrices that count, as {@link Watched#counted} says; 0 without any.
   */
  public double meanRank(RankRule rule) {
    return Watched.counted(layers, LayerSpectrum::name).stream()
        .mapToInt(layer -> layer.spectrum().rank(rule))
        .average()
        .orElse(0);
  }

  /** The earliest of the epochs with the highest accuracy of {@link #selection}. */
  public static EpochRecord best(List<EpochRecord> epochs) {
    EpochRecord best = epochs.get(0);
    for (EpochRecord epoch : epochs) {
      if (epoch.selection().accuracy() > best.selection().accuracy()) {
        best = epoch;
      }
    }
    return best;
  }
}
