package io.rankfall.study.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.spectra.Spectrum;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SpectrumBytesTest {
  private static Spectrum single(Spectrum exact) {
    double[] sigma = Arrays.stream(exact.toArray()).map(s -> (float) s).toArray();
    return Spectrum.of(exact.rows(), exact.cols(), sigma);
  }

  @Test
  void spectraComeBackToTheBitInLessSpace() {
    Spectrum spectrum = single(Spectrum.ofGaussian(500, 300, 1));
    byte[] bytes = SpectrumBytes.of(spectrum);
    assertThat(SpectrumBytes.spectrum(500, 300, bytes)).isEqualTo(spectrum);
    assertThat(bytes.length).isLessThan(4 * 300 * 85 / 100);
    Spectrum edge = Spectrum.of(3, 3, Float.MAX_VALUE, Float.MIN_VALUE, 0);
    assertThat(SpectrumBytes.spectrum(3, 3, SpectrumBytes.of(edge))).isEqualTo(edge);
  }

  @Test
  void anyOtherBytesAreRefused() {
    byte[] bytes = SpectrumBytes.of(single(Spectrum.ofGaussian(20, 30, 1)));
    for (int at = 0; at < bytes.length; at++) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= 4;
      assertThatThrownBy(() -> SpectrumBytes.spectrum(20, 30, damaged))
          .as("byte %d", at)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("spectrum: expected");
      byte[] cut = Arrays.copyOf(bytes, at);
      assertThatThrownBy(() -> SpectrumBytes.spectrum(20, 30, cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> SpectrumBytes.spectrum(20, 19, bytes))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SpectrumBytes.spectrum(21, 30, bytes))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
