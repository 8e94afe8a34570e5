package io.rankfall.train.theory;

import io.rankfall.spectra.Norm;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.StepRounding;

/** The singular values σ of W, with what is known of their errors. */
record MeasuredSpectrum(Spectrum sigma) {
  /** Of {@link Spectrum}, relative to σ₁, with the rounding to single precision that follows. */
  static final double ERROR = 1.1e-6;

  /** e_r: √(Σ_{i>r} σ²)/‖W‖_F, the error of the best approximation of rank r (Eckart–Young). */
  double bestError(int rank) {
    double tail = 0;
    for (int i = sigma.size() - 1; i >= rank; i--) {
      tail += sigma.sigma(i) * sigma.sigma(i);
    }
    double norm = sigma.frobeniusNorm();
    return norm == 0 ? 0 : Math.sqrt(tail) / norm;
  }

  /** The smallest r with √(Σ_{i>r} σ²) ≤ ε·‖W‖_F. */
  int epsilonRank(double epsilon) {
    return sigma.epsilonRank(epsilon, Norm.FROBENIUS);
  }

  /**
   * What errors of the values, of which there are √min(d_out, d_in)·1.1e-6·σ₁ in any tail and in
   * ‖W‖, and the rounded copy that was measured can change in the comparison of {@link
   * #epsilonRank}: in the units of W.
   */
  double uncertainty() {
    return StepRounding.ofCopy(sigma.frobeniusNorm())
        + 2 * Math.sqrt(sigma.size()) * ERROR * sigma.spectralNorm();
  }
}
