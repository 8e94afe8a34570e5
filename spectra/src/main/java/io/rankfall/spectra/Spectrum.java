package io.rankfall.spectra;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The singular values σ₁ ≥ σ₂ ≥ … ≥ 0 of an m×n matrix, min(m,n) of them, and every quantity
 * defined on them.
 *
 * <p>Computed as the square roots of the eigenvalues of the double-precision Gram matrix of the
 * smaller side, or, from order 1024 up and unless one side is more than three times the other, of
 * BᵀB for a band matrix B that reflections in single precision make of W. Products of
 * single-precision numbers are exact in double precision, and reflections perturb W, not its
 * square: the absolute error stays below 1e-6·σ₁ (tested against a full SVD; 4e-8·σ₁ at order
 * 2048).
 */
public final class Spectrum {
  private final int rows;
  private final int cols;
  private final double[] values;

  private Spectrum(int rows, int cols, double[] values) {
    this.rows = rows;
    this.cols = cols;
    this.values = values;
  }

  /**
   * The singular values of {@code matrix}.
   *
   * @throws NonFiniteException if an entry is NaN or infinite
   */
  public static Spectrum of(Matrix matrix) {
    double[] sigma =
        BandReduction.suits(matrix)
            ? BandReduction.squaredSingularValues(matrix)
            : Gram.eigenvalues(matrix);
    for (int i = 0; i < sigma.length; i++) {
      sigma[i] = Math.sqrt(Math.max(0, sigma[i]));
    }
    return new Spectrum(matrix.rows(), matrix.cols(), sigma);
  }

  /**
   * A spectrum measured earlier.
   *
   * @param values min(rows, cols) singular values, descending and not negative
   * @throws IllegalArgumentException if they are not
   */
  public static Spectrum of(int rows, int cols, double... values) {
    if (rows < 1 || cols < 1 || values.length != Math.min(rows, cols)) {
      throw new IllegalArgumentException(
          "spectrum of a %dx%d matrix: expected %d singular values, found %d"
              .formatted(rows, cols, Math.min(rows, cols), values.length));
    }
    double previous = Double.POSITIVE_INFINITY;
    for (double v : values) {
      if (!(v >= 0 && v <= previous && v < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "spectrum: expected finite, descending, non-negative values, found %s after %s"
                .formatted(v, previous));
      }
      previous = v;
    }
    return new Spectrum(rows, cols, values.clone());
  }

  /** The reference: the spectrum of one matrix of independent standard normal numbers. */
  public static Spectrum ofGaussian(int rows, int cols, long seed) {
    return of(Matrix.gaussian(rows, cols, new SplittableRandom(seed)));
  }

  public int rows() {
    return rows;
  }

  public int cols() {
    return cols;
  }

  /** How many singular values there are: min(rows, cols). */
  public int size() {
    return values.length;
  }

  /** σ of the given index, 0 being the largest. */
  public double sigma(int index) {
    return values[index];
  }

  /** A copy of the singular values, descending. */
  public double[] toArray() {
    return values.clone();
  }

  /** How many singular values are strictly above the rule's threshold. */
  public int rank(RankRule rule) {
    double threshold = rule.threshold(this);
    int rank = 0;
    while (rank < values.length && values[rank] > threshold) {
      rank++;
    }
    return rank;
  }

  /**
   * The smallest r with ‖W − W_r‖ ≤ ε·‖W‖, W_r being the best approximation of rank r
   * (Eckart–Young–Mirsky).
   */
  public int epsilonRank(double epsilon, Norm norm) {
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException("epsilon: expected >= 0, found " + epsilon);
    }
    return switch (norm) {
      case SPECTRAL -> {
        int r = 0;
        while (r < values.length && values[r] > epsilon * spectralNorm()) {
          r++;
        }
        yield r;
      }
      case FROBENIUS -> smallestRankLeaving(epsilon * epsilon);
    };
  }

  /** The smallest r whose leading σ² sum to at least {@code share} of Σσ². */
  public int energyRank(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("energy share: expected 0 to 1, found " + share);
    }
    return smallestRankLeaving(1 - share);
  }

  /** The smallest r with Σ_{i>r} σ² ≤ share·Σσ²; tails are summed smallest first. */
  private int smallestRankLeaving(double share) {
    double allowed = share * energy();
    double tail = 0;
    int r = values.length;
    while (r > 0) {
      tail += values[r - 1] * values[r - 1];
      if (tail > allowed) {
        return r;
      }
      r--;
    }
    return 0;
  }

  /** Σσ² = ‖W‖_F². Summed smallest first. */
  private double energy() {
    double sum = 0;
    for (int i = values.length - 1; i >= 0; i--) {
      sum += values[i] * values[i];
    }
    return sum;
  }

  /** √Σσ². */
  public double frobeniusNorm() {
    return Math.sqrt(energy());
  }

  /** σ₁. */
  public double spectralNorm() {
    return values[0];
  }

  /** Σσ. */
  public double nuclearNorm() {
    double sum = 0;
    for (int i = values.length - 1; i >= 0; i--) {
      sum += values[i];
    }
    return sum;
  }

  /** ‖W‖_F²/σ₁², between 1 and min(m,n); 0 for a zero matrix. */
  public double stableRank() {
    return values[0] == 0 ? 0 : energy() / (values[0] * values[0]);
  }

  /**
   * exp(H(p)) with p = σ/Σσ and H the entropy in nats (Roy and Vetterli, EUSIPCO 2007); 0 for a
   * zero matrix.
   */
  public double effectiveRank() {
    double sum = nuclearNorm();
    if (sum == 0) {
      return 0;
    }
    double entropy = 0;
    for (int i = values.length - 1; i >= 0; i--) {
      double p = values[i] / sum;
      if (p > 0) {
        entropy -= p * Math.log(p);
      }
    }
    return Math.exp(entropy);
  }

  /** (Σσ²)²/Σσ⁴, between 1 and min(m,n); 0 for a zero matrix. */
  public double participationRatio() {
    double fourth = 0;
    double scale = values[0];
    if (scale == 0) {
      return 0;
    }
    for (int i = values.length - 1; i >= 0; i--) {
      double s = values[i] / scale;
      fourth += s * s * s * s;
    }
    double stable = stableRank();
    return stable * stable / fourth;
  }

  /** σ₁/σ_min; infinite when σ_min is 0. */
  public double conditionNumber() {
    double smallest = values[values.length - 1];
    return smallest == 0 ? Double.POSITIVE_INFINITY : values[0] / smallest;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Spectrum s
        && rows == s.rows
        && cols == s.cols
        && Arrays.equals(values, s.values);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * rows + cols) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Spectrum[%dx%d, σ₁=%.4g]".formatted(rows, cols, values[0]);
  }
}
