package io.rankfall.spectra;

import java.util.Optional;

/**
 * A power law p(λ) ∝ λ^−α for λ ≥ λ_min, fitted to the tail of the eigenvalues λ = σ² of WᵀW.
 *
 * <p>As WeightWatcher fits it (Martin and Mahoney, JMLR 22, 2021) after Clauset, Shalizi and Newman
 * (SIAM Review 51, 2009): for every eigenvalue but the largest as λ_min, over the n eigenvalues λ_0
 * ≤ … ≤ λ_{n−1} from it on,
 *
 * <pre>
 * α = 1 + n / Σ ln(λ_i/λ_min)
 * D = max_i |1 − (λ_i/λ_min)^(1−α) − i/n|
 * </pre>
 *
 * and the λ_min of the smallest D is taken. Martin and Mahoney read 2 to 4 as heavy-tailed, typical
 * of well-trained layers, above 6 as random-like; with D above about 0.2 there is no power law to
 * speak of. α does not depend on the scale of W.
 *
 * @param alpha α, above 1
 * @param distance the Kolmogorov–Smirnov distance D between the tail and the law, 0 to 1
 * @param lambdaMin λ_min, in the units of σ²
 * @param tail how many eigenvalues are ≥ λ_min
 */
public record PowerLaw(double alpha, double distance, double lambdaMin, int tail) {
  /** With fewer eigenvalues there is no tail to fit. */
  public static final int FEWEST_EIGENVALUES = 10;

  private static final RankRule NUMERICAL = new RankRule.Numerical();

  /**
   * Fits the singular values above rounding ({@link RankRule.Numerical}; WeightWatcher drops σ² ≤
   * 1e-5 instead). Empty when there are fewer than {@link #FEWEST_EIGENVALUES}, or all are equal.
   */
  public static Optional<PowerLaw> fit(Spectrum spectrum) {
    int count = spectrum.rank(NUMERICAL);
    if (count < FEWEST_EIGENVALUES) {
      return Optional.empty();
    }
    double[] logs = new double[count];
    for (int i = 0; i < count; i++) {
      logs[i] = 2 * Math.log(spectrum.sigma(count - 1 - i));
    }
    // Sums of the logarithms from i on, so that each α is found at once.
    double[] sums = new double[count + 1];
    for (int i = count - 1; i >= 0; i--) {
      sums[i] = sums[i + 1] + logs[i];
    }
    double best = Double.POSITIVE_INFINITY;
    int start = -1;
    for (int i = 0; i < count - 1; i++) {
      double exponent = exponent(logs, sums, i);
      if (Double.isFinite(exponent)) {
        double distance = distance(logs, i, exponent, best);
        if (distance < best) {
          best = distance;
          start = i;
        }
      }
    }
    return start < 0
        ? Optional.empty()
        : Optional.of(
            new PowerLaw(
                1 + exponent(logs, sums, start), best, Math.exp(logs[start]), count - start));
  }

  /** α − 1 for the tail from {@code start} on; infinite if the tail is flat. */
  private static double exponent(double[] logs, double[] sums, int start) {
    int n = logs.length - start;
    double spread = sums[start] - n * logs[start];
    return spread > n * 1e-12 ? n / spread : Double.POSITIVE_INFINITY;
  }

  /** D of the tail from {@code start} on, or some number ≥ {@code enough} as soon as D is. */
  private static double distance(double[] logs, int start, double exponent, double enough) {
    double n = logs.length - start;
    double largest = 0;
    for (int i = start; i < logs.length && largest < enough; i++) {
      double law = 1 - Math.exp(-exponent * (logs[i] - logs[start]));
      largest = Math.max(largest, Math.abs(law - (i - start) / n));
    }
    return largest;
  }
}
