package io.rankfall.train;

import io.rankfall.spectra.NonFiniteException;
import java.util.List;

/** Measures the singular values of every weight matrix of a network in training. */
final class RankProbe {
  private RankProbe() {}

  /**
   * The whole spectra, in the order of the layers.
   *
   * @throws NonFiniteException naming the layer, if a weight is NaN or infinite
   */
  static List<LayerSpectrum> measure(Network network) {
    return network.weightMatrices().stream()
        .map(weights -> new LayerSpectrum(weights.name(), weights.spectrum()))
        .toList();
  }
}
