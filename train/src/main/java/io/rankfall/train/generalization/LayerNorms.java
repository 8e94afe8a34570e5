package io.rankfall.train.generalization;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;

/**
 * What the bounds ask of a layer A: h outputs × inputs, with bias and batch normalisation folded in
 * ({@code h} and the inputs of all but the last layer count the constant 1).
 *
 * @param spectral σ₁
 * @param frobenius √Σa²
 * @param rows Σ of the Euclidean norms of the rows, ‖Aᵀ‖_{2,1} in Bartlett et al.
 * @param rank singular values above 1e-2·‖A‖_F: A is near a matrix of this rank, not of it
 */
public record LayerNorms(
    String name,
    int outputs,
    int inputs,
    double spectral,
    double frobenius,
    double rows,
    int rank) {

  static LayerNorms of(String name, Matrix a) {
    Spectrum spectrum = Spectrum.of(a);
    double rows = 0;
    for (int i = 0; i < a.rows(); i++) {
      double squares = 0;
      for (int j = 0; j < a.cols(); j++) {
        squares += (double) a.get(i, j) * a.get(i, j);
      }
      rows += Math.sqrt(squares);
    }
    return new LayerNorms(
        name,
        a.rows(),
        a.cols(),
        spectrum.spectralNorm(),
        a.frobeniusNorm(),
        rows,
        spectrum.rank(RankRule.FROBENIUS_HUNDREDTH));
  }

  /** The largest rank that a matrix of this shape can have. */
  int fullRank() {
    return Math.min(outputs, inputs);
  }
}
