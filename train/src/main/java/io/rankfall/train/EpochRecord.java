package io.rankfall.train;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run at the end of one epoch; epoch 0 is the network before training.
 *
 * @param learningRate μ in all steps of the epoch, since a {@link Schedule} changes it between
 *     epochs only; what the first epoch will use for epoch 0
 * @param training mean over the epoch's mini-batches, each measured before its step; null for epoch
 *     0
 * @param test over all test examples
 * @param layers whole spectra, in the order of the layers
 */
public record EpochRecord(
    int epoch,
    double learningRate,
    @Nullable Evaluation training,
    Evaluation test,
    List<LayerSpectrum> layers) {
  public EpochRecord {
    layers = List.copyOf(layers);
  }
}
