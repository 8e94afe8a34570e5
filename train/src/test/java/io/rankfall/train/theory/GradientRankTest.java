package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.Spectrum;
import java.math.BigInteger;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class GradientRankTest {

  @Property(tries = 200)
  void independentExamplesReachTheBound(
      @ForAll @IntRange(min = 1, max = 20) int batch,
      @ForAll @IntRange(min = 1, max = 15) int out,
      @ForAll @IntRange(min = 1, max = 15) int in,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    GradientRank rank =
        GradientRank.ofFactors(
            "fc1", 7, Matrix.gaussian(batch, out, random), Matrix.gaussian(batch, in, random));
    int bound = Math.min(batch, Math.min(out, in));
    assertThat(rank).isEqualTo(new GradientRank("fc1", 7, bound, bound, bound));
    assertThat(rank.holds()).isTrue();
  }

  /** Rows are whole combinations of few: small numbers, so that the products are exact. */
  @Property(tries = 200)
  void dependentExamplesDoNot(
      @ForAll @IntRange(min = 1, max = 4) int deltas,
      @ForAll @IntRange(min = 1, max = 4) int inputs,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix delta = combinations(9, deltas, 12, random);
    Matrix x = combinations(9, inputs, 14, random);
    GradientRank rank = GradientRank.ofFactors("fc1", 1, delta, x);
    Matrix gradient = delta.transposed().times(x);

    assertThat(rank.exact()).isEqualTo(rankOfWholeNumbers(gradient));
    assertThat(rank.numerical()).isEqualTo(rank.exact());
    assertThat(rank.bound()).isEqualTo(9);
    GradientRank matrix = GradientRank.ofMatrix("fc1", 1, gradient, 9);
    assertThat(matrix.numerical()).isEqualTo(rank.numerical());
    assertThat(matrix.bound()).isEqualTo(9);
    assertThat(GradientRank.ofMatrix("fc1", 1, gradient, 1000).bound()).isEqualTo(12);
  }

  @Property(tries = 100)
  void singularValuesAreThoseOfTheProduct(
      @ForAll @IntRange(min = 1, max = 12) int batch,
      @ForAll @IntRange(min = 1, max = 15) int out,
      @ForAll @IntRange(min = 1, max = 15) int in,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix delta = Matrix.gaussian(batch, out, random);
    Matrix x = Matrix.gaussian(batch, in, random);
    double[] found = FactorSpectrum.ofProduct(batch, delta.toArray(), x.toArray());
    Spectrum expected = Spectrum.of(delta.transposed().times(x));
    for (int i = 0; i < Math.min(batch, expected.size()); i++) {
      assertThat(found[i]).isCloseTo(expected.sigma(i), within(1e-6 * expected.sigma(0)));
    }
  }

  @Test
  void oneExampleGivesRankOneAndASilentOneNone() {
    Matrix x = Matrix.of(1, 3, 1, 2, 3);
    assertThat(GradientRank.ofFactors("fc1", 1, Matrix.of(1, 2, 0.5f, 0.25f), x))
        .isEqualTo(new GradientRank("fc1", 1, 1, 1, 1));
    assertThat(GradientRank.ofFactors("fc1", 1, Matrix.of(1, 2, 0, 0), x))
        .isEqualTo(new GradientRank("fc1", 1, 1, 0, 0));
  }

  /** The numerical rank cannot see what is 2^-60 times as large; the exact one does. */
  @Test
  void exactRankNeedsNoTolerance() {
    Matrix delta = Matrix.of(2, 2, 1, 0, 0, 0x1p-30f);
    Matrix x = Matrix.of(2, 2, 1, 0, 0, 0x1p-30f);
    GradientRank rank = GradientRank.ofFactors("fc1", 1, delta, x);
    assertThat(rank.numerical()).isEqualTo(1);
    assertThat(rank.exact()).isEqualTo(2);
  }

  /**
   * Two examples with equal deltas and opposite inputs: their gradients are not zero, the sum is.
   */
  @Test
  void examplesCanCancel() {
    Matrix delta = Matrix.of(3, 2, 1, 2, 1, 2, 3, 1);
    Matrix x = Matrix.of(3, 3, 1, 2, 3, -1, -2, -3, 0, 0, 0);
    GradientRank rank = GradientRank.ofFactors("fc1", 1, delta, x);
    assertThat(rank).isEqualTo(new GradientRank("fc1", 1, 2, 0, 0));
  }

  @Test
  void smallIsNotNothing() {
    Matrix steep = Matrix.of(2, 2, 1, 0, 0, 0x1p-15f);
    assertThat(GradientRank.ofFactors("fc1", 1, steep, steep).numerical()).isEqualTo(2);
  }

  @Test
  void manyFactorsAreNotCountedExactly() {
    SplittableRandom random = new SplittableRandom(1);
    Matrix delta = Matrix.gaussian(4, 6, random);
    Matrix x = Matrix.gaussian(4, 5, random);
    assertThat(GradientRank.ofFactors("fc1", 1, delta, x, 4).exact()).isEqualTo(4);
    assertThat(GradientRank.ofFactors("fc1", 1, delta, x, 3))
        .isEqualTo(new GradientRank("fc1", 1, 4, 4, null));
  }

  @Test
  void eitherRankAboveTheBoundIsNoticed() {
    assertThat(new GradientRank("fc1", 1, 2, 2, 2).holds()).isTrue();
    assertThat(new GradientRank("fc1", 1, 2, 3, 2).holds()).isFalse();
    assertThat(new GradientRank("fc1", 1, 2, 2, 3).holds()).isFalse();
    assertThat(new GradientRank("fc1", 1, 2, 2, null).holds()).isTrue();
  }

  @Test
  void refusesNumbersThatAreNone() {
    Matrix one = Matrix.of(1, 1, 1);
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> GradientRank.ofFactors("fc1", 7, one, Matrix.of(1, 1, bad)))
          .isInstanceOf(NonFiniteException.class)
          .hasMessage("gradient of fc1 at step 7: expected finite numbers, found NaN or Inf");
    }
  }

  @Property(tries = 300)
  void numbersModuloThePrimeAreTheNumbers(@ForAll float value, @ForAll long a, @ForAll long b) {
    BigInteger prime = BigInteger.ONE.shiftLeft(61).subtract(BigInteger.ONE);
    long x = Math.floorMod(a, (1L << 61) - 1);
    long y = Math.floorMod(b, (1L << 61) - 1);
    assertThat(ExactRank.times(x, y))
        .isEqualTo(
            BigInteger.valueOf(x).multiply(BigInteger.valueOf(y)).mod(prime).longValueExact());
    if (Float.isFinite(value)) {
      // value·2^149 is whole.
      BigInteger whole =
          new java.math.BigDecimal(value)
              .multiply(new java.math.BigDecimal(BigInteger.ONE.shiftLeft(149)))
              .toBigIntegerExact();
      BigInteger shifted = BigInteger.valueOf(ExactRank.residue(value)).shiftLeft(149).mod(prime);
      assertThat(shifted).isEqualTo(whole.mod(prime));
    }
  }

  @Test
  void refusesFactorsOfDifferentBatches() {
    assertThatThrownBy(
            () -> GradientRank.ofFactors("fc1", 1, Matrix.of(1, 1, 1), Matrix.of(2, 1, 1, 1)))
        .hasMessage("gradient of fc1: expected as many rows of inputs as of deltas, 1, found 2");
  }

  private static Matrix combinations(int rows, int rank, int cols, SplittableRandom random) {
    return whole(rows, rank, random).times(whole(rank, cols, random));
  }

  private static Matrix whole(int rows, int cols, SplittableRandom random) {
    return Matrix.filled(
        rows,
        cols,
        values -> {
          for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(-4, 5);
          }
        });
  }

  /** Bareiss's elimination without fractions. */
  private static int rankOfWholeNumbers(Matrix matrix) {
    int rows = matrix.rows();
    int cols = matrix.cols();
    BigInteger[][] a = new BigInteger[rows][cols];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < cols; j++) {
        a[i][j] = BigInteger.valueOf((long) matrix.get(i, j));
      }
    }
    int rank = 0;
    for (int col = 0; col < cols && rank < rows; col++) {
      int pivot = rank;
      while (pivot < rows && a[pivot][col].signum() == 0) {
        pivot++;
      }
      if (pivot == rows) {
        continue;
      }
      BigInteger[] row = a[pivot];
      a[pivot] = a[rank];
      a[rank] = row;
      for (int i = rank + 1; i < rows; i++) {
        BigInteger factor = a[i][col];
        for (int j = 0; j < cols; j++) {
          a[i][j] = a[i][j].multiply(row[col]).subtract(row[j].multiply(factor));
        }
      }
      rank++;
    }
    return rank;
  }
}
