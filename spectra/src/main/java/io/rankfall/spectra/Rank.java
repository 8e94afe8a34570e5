package io.rankfall.spectra;

/**
 * How many singular values of a matrix are above a threshold, counted without computing them.
 *
 * <p>By Sylvester's law of inertia the eigenvalues of W·Wᵀ above τ² are as many as the positive
 * ones of D in W·Wᵀ − τ²·I = L·D·Lᵀ, a factorization of n³/3 operations for the smaller side n. The
 * count agrees with {@link Spectrum#rank} unless a singular value lies within 1e-6·σ₁ of the
 * threshold.
 */
public final class Rank {
  private Rank() {}

  /**
   * The rank of W under a rule. The threshold of {@link RankRule.FrobeniusRelative} is known
   * without singular values; the other rules need σ₁, for which the whole spectrum is computed.
   *
   * @throws NonFiniteException if an entry is NaN or infinite
   */
  public static int of(Matrix w, RankRule rule) {
    if (rule instanceof RankRule.FrobeniusRelative relative) {
      return above(w, relative.tau() * w.frobeniusNorm());
    }
    return Spectrum.of(w).rank(rule);
  }

  /**
   * How many singular values are strictly above the threshold.
   *
   * @param threshold not negative, in the units of W
   * @throws NonFiniteException if an entry is NaN or infinite
   */
  public static int above(Matrix w, double threshold) {
    double norm = w.frobeniusNorm();
    if (!Double.isFinite(norm)) {
      throw Gram.nonFinite(w);
    }
    if (!(threshold >= 0)) {
      throw new IllegalArgumentException("threshold: expected >= 0, found " + threshold);
    }
    return threshold >= norm ? 0 : new ShiftedGram(w, threshold).positiveEigenvalues(norm);
  }
}
