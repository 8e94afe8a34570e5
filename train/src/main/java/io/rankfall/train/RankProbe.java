package io.rankfall.train;

import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.Spectrum;
import io.rankfall.spectra.WeightMatrix;
import java.util.List;

/** Measures the singular values of every weight matrix of a network in training. */
final class RankProbe {
  private RankProbe() {}

  /**
   * The whole spectra, in the order of the layers, rounded to single precision: what is computed is
   * not more exact, and stores and checkpoints keep these bits in half of the space.
   *
   * @throws NonFiniteException naming the layer, if a weight is NaN or infinite, or a singular
   *     value beyond single precision
   */
  static List<LayerSpectrum> measure(Network network) {
    return network.weightMatrices().stream()
        .map(weights -> new LayerSpectrum(weights.name(), rounded(weights)))
        .toList();
  }

  private static Spectrum rounded(WeightMatrix weights) {
    Spectrum exact = weights.spectrum();
    double[] sigma = exact.toArray();
    for (int i = 0; i < sigma.length; i++) {
      sigma[i] = (float) sigma[i];
    }
    if (Double.isInfinite(sigma[0])) {
      throw new NonFiniteException(
          "weights %s: expected singular values below 3.4e38, found %s"
              .formatted(weights.name(), exact.spectralNorm()));
    }
    return Spectrum.of(exact.rows(), exact.cols(), sigma);
  }
}
