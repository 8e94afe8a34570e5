package io.rankfall.train.theory;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;

/**
 * The rank of what one step adds to a layer: U = W_t − (1 − μ_t·wd)·W_{t−1}.
 *
 * @param rank how many singular values exceed the step's own rounding, 2⁻²²·(‖W_t‖_F +
 *     ‖W_{t−1}‖_F): four roundings of every entry
 * @param energyRank the smallest rank that keeps 99 % of ‖U‖²_F
 * @param gradient of the same step
 */
public record UpdateRank(int rank, int energyRank, GradientRank gradient) {
  private static final double ENERGY = 0.99;

  /**
   * @param before W_{t−1}
   * @param after W_t
   * @param kept 1 − μ_t·wd
   */
  static UpdateRank of(Matrix before, Matrix after, double kept, GradientRank gradient) {
    float[] update = after.toArray();
    float[] old = before.toArray();
    for (int i = 0; i < update.length; i++) {
      update[i] = (float) (update[i] - kept * old[i]);
    }
    Spectrum spectrum = Spectrum.of(Matrix.of(after.rows(), after.cols(), update));
    double rounding = 0x1p-22 * (before.frobeniusNorm() + after.frobeniusNorm());
    int rank = 0;
    while (rank < spectrum.size() && spectrum.sigma(rank) > rounding) {
      rank++;
    }
    return new UpdateRank(rank, Math.min(rank, spectrum.energyRank(ENERGY)), gradient);
  }

  /** Whether the update is of higher rank than any gradient of such a batch can be. */
  @JsonProperty
  public boolean exceedsGradients() {
    return rank > gradient.bound();
  }
}
