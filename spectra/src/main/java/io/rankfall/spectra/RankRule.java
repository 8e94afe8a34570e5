package io.rankfall.spectra;

/**
 * A way to count singular values. Always strictly greater than the threshold, so a zero matrix has
 * rank 0.
 *
 * <p>A rank without its rule means nothing: {@link #label} is what to print beside it.
 */
public sealed interface RankRule {

  /** σ/‖W‖_F &gt; 1e-3, the paper's default. */
  RankRule FROBENIUS_THOUSANDTH = new FrobeniusRelative(1e-3);

  /** σ/‖W‖_F &gt; 1e-2, which tells matrices a few hundred wide apart better. */
  RankRule FROBENIUS_HUNDREDTH = new FrobeniusRelative(1e-2);

  /** The threshold that σ must exceed, in the units of {@code spectrum}. */
  double threshold(Spectrum spectrum);

  /** The rule in the notation of the field, for example {@code σ/‖W‖F > 1e-3}. */
  String label();

  /**
   * Counts σ/‖W‖_F &gt; τ: the rule of Galanti, Siegel, Gupte and Poggio (arXiv 2206.05794), whose
   * default is τ = 1e-3. The threshold is absolute on the normalised matrix, so it depends on the
   * dimension: a Gaussian n×n matrix has σ₁ ≈ 2/√n after normalisation. Compare with {@link
   * Spectrum#ofGaussian}.
   */
  record FrobeniusRelative(double tau) implements RankRule {
    public FrobeniusRelative {
      requireThreshold(tau);
    }

    @Override
    public double threshold(Spectrum spectrum) {
      return tau * spectrum.frobeniusNorm();
    }

    @Override
    public String label() {
      return "σ/‖W‖F > " + shortest(tau);
    }
  }

  /** Counts σ/σ₁ &gt; τ. */
  record SpectralRelative(double tau) implements RankRule {
    public SpectralRelative {
      requireThreshold(tau);
    }

    @Override
    public double threshold(Spectrum spectrum) {
      return tau * spectrum.spectralNorm();
    }

    @Override
    public String label() {
      return "σ/σ₁ > " + shortest(tau);
    }
  }

  /** Counts σ &gt; max(m,n)·ε·σ₁ with ε = 2⁻²³, the spacing of single-precision numbers at 1. */
  record Numerical() implements RankRule {
    @Override
    public double threshold(Spectrum spectrum) {
      return Math.max(spectrum.rows(), spectrum.cols()) * 0x1p-23 * spectrum.spectralNorm();
    }

    @Override
    public String label() {
      return "numerical";
    }
  }

  private static void requireThreshold(double tau) {
    if (!(tau >= 0 && tau < 1)) {
      throw new IllegalArgumentException("tau: expected 0 <= tau < 1, found " + tau);
    }
  }

  private static String shortest(double tau) {
    String exponential = "%.0e".formatted(tau);
    return Double.parseDouble(exponential) == tau
        ? exponential.replace("e-0", "e-").replace("e+00", "")
        : Double.toString(tau);
  }
}
