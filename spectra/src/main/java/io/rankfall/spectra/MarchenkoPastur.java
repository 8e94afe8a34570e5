package io.rankfall.spectra;

/**
 * What the singular values of a large m×n matrix of independent numbers of mean 0 and one variance
 * look like (Marchenko and Pastur, 1967): the reference a trained matrix is held against.
 *
 * <p>With q = min(m,n)/max(m,n) and λ = σ²/(s²·max(m,n)), s² being the variance, λ lies between
 * (1−√q)² and (1+√q)² with density √((λ₊−λ)(λ−λ₋))/(2πqλ).
 */
public final class MarchenkoPastur {
  private static final int LEAST_STEPS = 1024;
  private static final int STEPS_A_VALUE = 8;

  private MarchenkoPastur() {}

  /**
   * σ₊ = s·(√m + √n) with s = ‖W‖_F/√(m·n): where the bulk of a random matrix of W's norm ends.
   * WeightWatcher's λ₊ = (s·(1 + 1/√Q))² with Q = max(m,n)/min(m,n) is the same edge, as an
   * eigenvalue of WᵀW/max(m,n) (Martin and Mahoney, JMLR 22, 2021). Singular values above it carry
   * structure.
   */
  public static double edge(Spectrum spectrum) {
    double m = spectrum.rows();
    double n = spectrum.cols();
    return spectrum.frobeniusNorm() * (1 / Math.sqrt(m) + 1 / Math.sqrt(n));
  }

  /** How many singular values lie strictly above {@link #edge}. */
  public static int spikes(Spectrum spectrum) {
    double edge = edge(spectrum);
    int spikes = 0;
    while (spikes < spectrum.size() && spectrum.sigma(spikes) > edge) {
      spikes++;
    }
    return spikes;
  }

  /**
   * The spectrum to expect of an m×n matrix of independent standard normal numbers: the quantiles
   * (i + ½)/min(m,n) of the law. Nothing is drawn.
   *
   * <p>With λ(θ) = 1 + q − 2√q·cos θ the law has the density 2·sin²θ/(π·λ(θ)) on 0 ≤ θ ≤ π, which
   * is smooth up to the edges; it is summed by the midpoint rule.
   */
  public static Spectrum spectrum(int rows, int cols) {
    int size = Math.min(rows, cols);
    int longer = Math.max(rows, cols);
    double q = (double) size / longer;
    int steps = Math.max(LEAST_STEPS, Math.multiplyExact(STEPS_A_VALUE, size));
    double[] descending = new double[size];
    double below = 0;
    int found = 0;
    for (int k = 0; k < steps && found < size; k++) {
      double theta = Math.PI * (k + 0.5) / steps;
      double sine = Math.sin(theta);
      double mass = 2 * sine * sine / lambda(q, theta) / steps;
      while (found < size && (found + 0.5) / size <= below + mass) {
        double inside = ((found + 0.5) / size - below) / mass;
        double sigma = Math.sqrt(longer * lambda(q, Math.PI * (k + inside) / steps));
        descending[size - 1 - found++] = sigma;
      }
      below += mass;
    }
    for (; found < size; found++) {
      descending[size - 1 - found] = Math.sqrt(longer) + Math.sqrt(size);
    }
    return Spectrum.of(rows, cols, descending);
  }

  private static double lambda(double q, double theta) {
    double root = Math.sqrt(q);
    // 1 + q − 2√q·cos θ without cancellation near θ = 0.
    double half = Math.sin(theta / 2);
    return (1 - root) * (1 - root) + 4 * root * half * half;
  }
}
