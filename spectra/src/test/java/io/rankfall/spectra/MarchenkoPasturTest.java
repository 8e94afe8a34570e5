package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MarchenkoPasturTest {
  @ParameterizedTest
  @CsvSource({"256,256", "200,300", "500,40", "64,1024"})
  void itsSpectrumIsThatOfADrawnMatrix(int rows, int cols) {
    Spectrum drawn = Spectrum.ofGaussian(rows, cols, 1);
    Spectrum law = MarchenkoPastur.spectrum(rows, cols);
    for (int i = 0; i < law.size(); i++) {
      assertThat(law.sigma(i)).isCloseTo(drawn.sigma(i), within(0.05 * drawn.spectralNorm()));
    }
    assertThat(law.frobeniusNorm())
        .isCloseTo(drawn.frobeniusNorm(), within(0.02 * drawn.frobeniusNorm()));
    assertThat(law.energyRank(0.99)).isCloseTo(drawn.energyRank(0.99), within(1 + law.size() / 50));
  }

  @Test
  void smallShapesHaveASpectrumToo() {
    assertThat(MarchenkoPastur.spectrum(1, 1).sigma(0)).isPositive();
    assertThat(MarchenkoPastur.spectrum(1, 900).sigma(0)).isCloseTo(30, within(0.5));
    assertThat(MarchenkoPastur.spectrum(3, 7).size()).isEqualTo(3);
  }

  @Test
  void theEdgeIsWhereABulkOfNoiseEndsAndAStrongDirectionStandsOut() {
    // s = 1, so σ₊ = √m + √n.
    Spectrum noise = MarchenkoPastur.spectrum(100, 400);
    assertThat(MarchenkoPastur.edge(noise)).isCloseTo(30, within(0.1));
    SplittableRandom random = new SplittableRandom(2);
    float[] values = Matrix.gaussian(100, 400, random).toArray();
    for (int k = 0; k < 3; k++) {
      for (int j = 0; j < 400; j++) {
        values[k * 400 + j] += 5;
      }
    }
    // Rows of equal offsets are one direction.
    assertThat(MarchenkoPastur.spikes(Spectrum.of(Matrix.of(100, 400, values)))).isEqualTo(1);
    assertThat(MarchenkoPastur.spikes(Spectrum.of(2, 2, 0, 0))).isZero();
  }
}
