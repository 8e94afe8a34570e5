package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.MarchenkoPastur;
import io.rankfall.spectra.PowerLaw;
import io.rankfall.spectra.Spectrum;
import java.util.Optional;

/**
 * One weight matrix, outputs × inputs, and its spectrum.
 *
 * @param name unique in the model
 * @param tensor the tensor of the file that holds it
 * @param share its numbers as a share of the model's parameters
 * @param powerLaw of the tail of σ²; empty where there are too few values for one
 */
public record InspectedMatrix(
    String name,
    MatrixKind kind,
    String tensor,
    double share,
    Spectrum spectrum,
    Optional<PowerLaw> powerLaw) {

  /** The energy that {@link #saved} keeps. */
  public static final double ENERGY = 0.99;

  /** With the power law fitted. */
  public static InspectedMatrix of(
      String name, MatrixKind kind, String tensor, double share, Spectrum spectrum) {
    return new InspectedMatrix(name, kind, tensor, share, spectrum, PowerLaw.fit(spectrum));
  }

  public int rows() {
    return spectrum.rows();
  }

  public int cols() {
    return spectrum.cols();
  }

  /** The largest rank at which two factors are smaller than the matrix. */
  public int breakEvenRank() {
    return LowRank.breakEvenRank(rows(), cols());
  }

  /**
   * How many numbers fewer two factors have that keep 99 % of Σσ²: m·n − r·(m+n), or 0 where that
   * is not smaller or no two layers can replace this one.
   */
  public long saved() {
    long factors = spectrum.energyRank(ENERGY) * ((long) rows() + cols());
    return kind.isFactorable() ? Math.max(0, (long) rows() * cols() - factors) : 0;
  }

  /** The spectrum to expect of a random matrix of the same shape, with standard normal entries. */
  public Spectrum randomReference() {
    return MarchenkoPastur.spectrum(rows(), cols());
  }
}
