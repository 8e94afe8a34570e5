package io.rankfall.benchmarks.peers;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.spectra.Truncation;

/** Our leading factors of one matrix. */
final class Factors implements Contender {
  static final int RANK = 64;

  private final Matrix matrix;
  private final String note;

  Factors(Matrix matrix) {
    this.matrix = matrix;
    LowRank factors = leading();
    double error = Spectrum.of(matrix.minus(factors.left().times(factors.right()))).spectralNorm();
    double optimum = Spectrum.of(matrix).sigma(RANK);
    this.note = "ours %.1f %% above the optimum".formatted(100 * (error / optimum - 1));
  }

  private LowRank leading() {
    return Truncation.leading(matrix, RANK, 1);
  }

  @Override
  public String note() {
    return note;
  }

  @Override
  public double measure(double seconds) throws Exception {
    return Contender.repeat(this::leading, seconds);
  }
}
