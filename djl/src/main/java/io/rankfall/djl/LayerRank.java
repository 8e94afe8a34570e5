package io.rankfall.djl;

import io.rankfall.spectra.Spectrum;
import java.util.Optional;

/**
 * The rank of one layer's weight matrix.
 *
 * @param name as in {@link BlockWeights}
 * @param rows outputs
 * @param cols inputs; those of a convolution at each position of its kernel
 * @param randomRank the same rule's rank of one matrix of independent standard normal numbers of
 *     this shape
 */
public record LayerRank(String name, int rows, int cols, int randomRank, Outcome outcome) {

  /** What measuring a matrix can come to. */
  public sealed interface Outcome {}

  /**
   * The weights are numbers.
   *
   * @param rank singular values above the rule's threshold
   * @param stableRank ‖W‖_F²/σ₁²
   * @param frobeniusNorm ‖W‖_F
   * @param spectrum all singular values, if they are kept
   */
  public record Measured(
      int rank, double stableRank, double frobeniusNorm, Optional<Spectrum> spectrum)
      implements Outcome {}

  /** A weight is NaN or infinite: the training has diverged, and there is no rank. */
  public record NonFinite() implements Outcome {}
}
