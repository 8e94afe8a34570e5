package io.rankfall.compress;

import io.rankfall.spectra.SymmetricMatrix;

/** Mean and second moment of the inputs of a layer, in double precision. */
public final class InputMoments {
  private final long count;
  private final double[] mean;
  private final SymmetricMatrix second;

  InputMoments(long count, double[] mean, SymmetricMatrix second) {
    this.count = count;
    this.mean = mean;
    this.second = second;
  }

  /** How many inputs were seen; each token or position counts. */
  public long count() {
    return count;
  }

  public int width() {
    return mean.length;
  }

  /** E[x_i]. */
  public double mean(int index) {
    return mean[index];
  }

  /** E[xxᵀ]. */
  public SymmetricMatrix secondMoment() {
    return second;
  }

  /** E[xxᵀ] − E[x]·E[x]ᵀ. */
  public SymmetricMatrix covariance() {
    int n = mean.length;
    double[] values = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        values[i * n + j] = second.get(i, j) - mean[i] * mean[j];
      }
    }
    return SymmetricMatrix.of(n, values);
  }
}
