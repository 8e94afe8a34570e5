package io.rankfall.spectra;

/** The norms in which a truncation error is stated. */
public enum Norm {
  /** σ₁, the largest singular value. */
  SPECTRAL,
  /** √Σσ². */
  FROBENIUS
}
