package io.rankfall.train.tracking;

import io.rankfall.spectra.Spectrum;

/**
 * How many singular values of a matrix are how large: buckets a tenth of a decade wide over
 * log₁₀(σ/‖W‖_F) from −7 to 0, each with its right edge and without its left one. So the values to
 * the right of −2 and −3 are the ranks at 1e-2 and 1e-3. What is smaller than 1e-7 is beyond what a
 * {@link Spectrum} resolves and stands in the first bucket, zeros too.
 */
final class SpectrumHistogram {
  private static final int BUCKETS_A_DECADE = 10;
  private static final int DECADES = 7;

  private SpectrumHistogram() {}

  /**
   * Left edge, right edge and count of the buckets from the first to the last that is not empty,
   * one after another.
   */
  static double[] of(Spectrum spectrum) {
    long[] counts = new long[BUCKETS_A_DECADE * DECADES];
    double norm = spectrum.frobeniusNorm();
    int first = counts.length;
    int last = -1;
    for (int i = 0; i < spectrum.size(); i++) {
      int bucket = bucket(spectrum.sigma(i), norm, counts.length);
      counts[bucket]++;
      first = Math.min(first, bucket);
      last = Math.max(last, bucket);
    }
    double[] rows = new double[3 * (last - first + 1)];
    for (int bucket = first; bucket <= last; bucket++) {
      int row = 3 * (bucket - first);
      rows[row] = edge(bucket);
      rows[row + 1] = edge(bucket + 1);
      rows[row + 2] = counts[bucket];
    }
    return rows;
  }

  private static int bucket(double sigma, double norm, int buckets) {
    if (sigma == 0) {
      return 0;
    }
    double place = BUCKETS_A_DECADE * (Math.log10(sigma / norm) + DECADES);
    return (int) Math.max(0, Math.min(buckets - 1, Math.ceil(place) - 1));
  }

  private static double edge(int bucket) {
    return (double) bucket / BUCKETS_A_DECADE - DECADES;
  }
}
