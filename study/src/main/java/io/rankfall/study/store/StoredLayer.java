package io.rankfall.study.store;

import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.LayerSpectrum;
import org.jspecify.annotations.Nullable;

/**
 * A layer's weight matrix (outputs × inputs) at the end of an epoch.
 *
 * @param rank1e3 singular values above 1e-3·‖W‖_F
 * @param rank1e2 singular values above 1e-2·‖W‖_F
 * @param spectrum null in epochs whose spectra are not kept
 */
public record StoredLayer(
    String name,
    int outputs,
    int inputs,
    int rank1e3,
    int rank1e2,
    double stableRank,
    double effectiveRank,
    double frobeniusNorm,
    double spectralNorm,
    @Nullable Spectrum spectrum) {

  static StoredLayer of(LayerSpectrum layer) {
    Spectrum s = layer.spectrum();
    return new StoredLayer(
        layer.name(),
        s.rows(),
        s.cols(),
        s.rank(RankRule.FROBENIUS_THOUSANDTH),
        s.rank(RankRule.FROBENIUS_HUNDREDTH),
        s.stableRank(),
        s.effectiveRank(),
        s.frobeniusNorm(),
        s.spectralNorm(),
        s);
  }
}
