package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Spectrum;
import org.junit.jupiter.api.Test;

final class MeasuredSpectrumTest {
  private static final MeasuredSpectrum SIGMA = new MeasuredSpectrum(Spectrum.of(3, 5, 4, 3, 0));

  @Test
  void theBestErrorIsTheTails() {
    assertThat(SIGMA.bestError(0)).isEqualTo(1);
    assertThat(SIGMA.bestError(1)).isEqualTo(0.6);
    assertThat(SIGMA.bestError(2)).isZero();
    assertThat(SIGMA.bestError(3)).isZero();
    assertThat(new MeasuredSpectrum(Spectrum.of(2, 2, 0, 0)).bestError(1)).isZero();
  }

  @Test
  void ranksAreOfThatError() {
    assertThat(SIGMA.epsilonRank(0.61)).isEqualTo(1);
    assertThat(SIGMA.epsilonRank(0.59)).isEqualTo(2);
  }

  @Test
  void everyValueMayBeOff() {
    // 2·√3·1.1e-6·4, and one rounding of norm 5.
    assertThat(SIGMA.uncertainty())
        .isCloseTo(2 * Math.sqrt(3) * 1.1e-6 * 4 + 5 * 0x1p-24, within(1e-15));
  }
}
