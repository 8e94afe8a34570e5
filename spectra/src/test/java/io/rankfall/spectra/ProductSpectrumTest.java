package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProductSpectrumTest {
  @ParameterizedTest
  @CsvSource({"1,1,1", "4,20,20", "8,30,12", "16,16,16", "12,5,9", "3,1,40"})
  void isThatOfTheProduct(int inner, int rows, int cols) {
    SplittableRandom random = new SplittableRandom(inner);
    Matrix a = Matrix.gaussian(inner, rows, random);
    Matrix b = Matrix.gaussian(inner, cols, random);
    double[] expected = FullSvd.singularValues(a.transposed().times(b));
    Spectrum found = ProductSpectrum.ofTransposedTimes(a, b);
    assertThat(found.size()).isEqualTo(inner);
    double tolerance = 1e-6 * a.frobeniusNorm() * b.frobeniusNorm();
    for (int i = 0; i < inner; i++) {
      double sigma = i < expected.length ? expected[i] : 0;
      assertThat(found.sigma(i)).isCloseTo(sigma, within(tolerance));
    }
  }

  @Test
  void factorsThatMissEachOtherMakeZero() {
    Matrix a = Matrix.of(2, 2, 1, 0, 0, 0);
    Matrix b = Matrix.of(2, 2, 0, 0, 0, 1);
    assertThat(ProductSpectrum.ofTransposedTimes(a, b)).isEqualTo(Spectrum.of(2, 2, 0, 0));
  }

  @Test
  void refusesWhatHasNoProduct() {
    assertThatThrownBy(
            () -> ProductSpectrum.ofTransposedTimes(Matrix.of(1, 1, 1), Matrix.of(2, 1, 1, 2)))
        .hasMessageContaining("as many rows of B as of A, 1, found 2");
    assertThatThrownBy(
            () -> ProductSpectrum.ofTransposedTimes(Matrix.of(1, 1, Float.NaN), Matrix.of(1, 1, 1)))
        .isInstanceOf(NonFiniteException.class);
  }
}
