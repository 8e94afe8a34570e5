package io.rankfall.train.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SpectrumHistogramTest {

  @Property(tries = 200)
  void whatIsRightOfTheThresholdsIsTheRank(
      @ForAll @IntRange(min = 1, max = 60) int size, @ForAll long seed) {
    java.util.SplittableRandom random = new java.util.SplittableRandom(seed);
    double[] sigma = new double[size];
    for (int i = 0; i < size; i++) {
      sigma[i] = -Math.pow(10, random.nextDouble(-9, 1));
    }
    Arrays.sort(sigma);
    Spectrum spectrum = Spectrum.of(size, size + 3, Arrays.stream(sigma).map(s -> -s).toArray());
    double[] rows = SpectrumHistogram.of(spectrum);
    assertThat(countFrom(rows, -2)).isEqualTo(spectrum.rank(RankRule.FROBENIUS_HUNDREDTH));
    assertThat(countFrom(rows, -3)).isEqualTo(spectrum.rank(RankRule.FROBENIUS_THOUSANDTH));
    assertThat(countFrom(rows, -8)).isEqualTo(size);
    for (int row = 3; row < rows.length; row += 3) {
      assertThat(rows[row]).isEqualTo(rows[row - 2]).isGreaterThan(rows[row - 3]);
    }
    assertThat(rows[2]).isPositive();
    assertThat(rows[rows.length - 1]).isPositive();
  }

  private static double countFrom(double[] rows, double left) {
    double count = 0;
    for (int row = 0; row < rows.length; row += 3) {
      count += rows[row] >= left - 1e-9 ? rows[row + 2] : 0;
    }
    return count;
  }

  @Test
  void zerosAndTheLargestStandAtTheEnds() {
    assertThat(SpectrumHistogram.of(Spectrum.of(2, 2, 0, 0))).containsExactly(-7, -6.9, 2);
    double[] one = SpectrumHistogram.of(Spectrum.of(1, 5, 3.7));
    assertThat(one).hasSize(3);
    assertThat(one[1]).isZero();
    assertThat(one[2]).isEqualTo(1);
    double[] wide = SpectrumHistogram.of(Spectrum.of(2, 2, 1, 0));
    assertThat(wide).hasSize(3 * 70).startsWith(-7);
    assertThat(wide[2]).isEqualTo(1);
    assertThat(wide[wide.length - 1]).isEqualTo(1);
    assertThat(Arrays.stream(wide).skip(3).limit(3L * 68).filter(v -> v == 1)).isEmpty();
  }
}
