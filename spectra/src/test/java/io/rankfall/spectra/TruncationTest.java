package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TruncationTest {
  /** Rounding of the factors to single precision, relative to the norm. */
  private static final double TOLERANCE = 1e-5;

  @Property(tries = 200)
  void reachesTheErrorOfEckartAndYoung(
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 40) int cols,
      @ForAll @IntRange(min = 1, max = 40) int rank,
      @ForAll long seed) {
    Matrix w = Matrix.gaussian(rows, cols, new SplittableRandom(seed));
    int r = Math.min(rank, w.fullRank());
    double[] sigma = FullSvd.singularValues(w);
    double optimal = 0;
    for (int i = r; i < sigma.length; i++) {
      optimal += sigma[i] * sigma[i];
    }
    Truncation truncation = Truncation.of(w);
    LowRank factors = truncation.at(r);
    double norm = w.frobeniusNorm();
    assertThat(factors.rank()).isEqualTo(r);
    assertThat(factors.parameters()).isEqualTo((long) r * (rows + cols));
    assertThat(w.minus(factors.product()).frobeniusNorm())
        .isCloseTo(Math.sqrt(optimal), within(TOLERANCE * norm));
    assertThat(truncation.loss(r)).isCloseTo(optimal, within(1e-10 * norm * norm));
  }

  /** Both sides: more rows than columns and fewer. */
  @Property(tries = 100)
  void withOutputsReachesItsStatedLossAndNeverLosesMoreThanWithoutThem(
      @ForAll @IntRange(min = 2, max = 20) int rows,
      @ForAll @IntRange(min = 2, max = 20) int cols,
      @ForAll @IntRange(min = 1, max = 20) int rank,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix w = Matrix.gaussian(rows, cols, random);
    Matrix x = Matrix.gaussian(cols, 3 * cols, random);
    // A few loud outputs, and as many directions as there are outputs.
    Matrix j = Matrix.gaussian(rows, rows, random).times(Matrix.gaussian(rows, 2 * rows, random));
    SymmetricMatrix inputs = secondMoment(x);
    SymmetricMatrix outputs = secondMoment(j);
    int r = Math.min(rank, w.fullRank());
    Truncation truncation = Truncation.of(w, inputs, outputs);
    Matrix seen = j.transposed();
    double all = rootMeanSquare(seen.times(w).times(x)) / Math.sqrt(seen.rows());
    double lost = weighted(w, truncation.at(r), seen, x);
    // The metric of one side is shrunk by a thousandth.
    assertThat(lost).isLessThanOrEqualTo(Math.sqrt(truncation.loss(r)) + 1e-4 * all);
    double withoutThem = weighted(w, Truncation.of(w, inputs).at(r), seen, x);
    assertThat(lost).isLessThanOrEqualTo(withoutThem + 0.03 * all);
  }

  /** √E‖J(W − W_r)x‖² over the rows of J, one a sample. */
  private static double weighted(Matrix w, LowRank factors, Matrix j, Matrix x) {
    Matrix change = j.times(w.minus(factors.product())).times(x);
    return rootMeanSquare(change) / Math.sqrt(j.rows());
  }

  @Test
  void outputsThatDoNotMatterAreNoError() {
    Matrix w = Matrix.gaussian(5, 4, new SplittableRandom(1));
    SymmetricMatrix zero = SymmetricMatrix.of(5, new double[25]);
    SymmetricMatrix inputs = secondMoment(Matrix.gaussian(4, 9, new SplittableRandom(2)));
    assertThat(Truncation.of(w, inputs, zero).loss(0)).isZero();
    assertThat(Truncation.of(w, inputs, zero).at(2).product().isFinite()).isTrue();
  }

  @Property(tries = 100)
  void withInputsReachesItsStatedLossAndNeverLosesMoreThanPlainTruncation(
      @ForAll @IntRange(min = 1, max = 20) int rows,
      @ForAll @IntRange(min = 2, max = 20) int cols,
      @ForAll @IntRange(min = 1, max = 20) int rank,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix w = Matrix.gaussian(rows, cols, random);
    // Fewer examples than inputs: the second moment is singular.
    Matrix x = Matrix.gaussian(cols, Math.max(1, cols / 2), random);
    SymmetricMatrix moment = secondMoment(x);
    int r = Math.min(rank, w.fullRank());
    Truncation aware = Truncation.of(w, moment);
    double tolerance = TOLERANCE * rootMeanSquare(w.times(x));
    double lost = rootMeanSquare(w.minus(aware.at(r).product()).times(x));
    assertThat(lost).isCloseTo(Math.sqrt(aware.loss(r)), within(tolerance));
    double lostByPlain = rootMeanSquare(w.minus(Truncation.of(w).at(r).product()).times(x));
    assertThat(lost).isLessThanOrEqualTo(lostByPlain + tolerance);
  }

  @Test
  void leadingFactorsComeWithinTwoPercentOfTheBestError() {
    SplittableRandom random = new SplittableRandom(4);
    int rank = 16;
    for (int[] shape : new int[][] {{400, 400}, {400, 700}, {700, 400}}) {
      assertWithinTwoPercent(Matrix.gaussian(shape[0], shape[1], random), rank);
      for (double decay : new double[] {0.01, 0.05, 0.2}) {
        Matrix inner = Matrix.gaussian(shape[0], shape[1], random);
        assertWithinTwoPercent(scaledColumns(inner, j -> Math.exp(-decay * j)), rank);
      }
      Matrix inner = Matrix.gaussian(shape[0], shape[1], random);
      assertWithinTwoPercent(scaledColumns(inner, j -> 1.0 / (1 + j)), rank);
      assertWithinTwoPercent(scaledColumns(inner, j -> j < 10 ? 1 : j < 60 ? 1e-3 : 1e-5), rank);
    }
  }

  @Test
  void leadingFactorsOfAMatrixOfLowerRankGiveItBack() {
    SplittableRandom random = new SplittableRandom(6);
    for (int trueRank : new int[] {1, 5, 16}) {
      Matrix w =
          Matrix.gaussian(500, trueRank, random).times(Matrix.gaussian(trueRank, 400, random));
      LowRank factors = Truncation.leading(w, 16, 1);
      assertThat(factors.rank()).isEqualTo(16);
      assertThat(w.minus(factors.product()).frobeniusNorm())
          .isLessThan(TOLERANCE * w.frobeniusNorm());
    }
    Matrix zero = Matrix.of(400, 400, new float[400 * 400]);
    assertThat(Truncation.leading(zero, 4, 1).product()).isEqualTo(zero);
  }

  /** Here the search space is exhausted after one block, or never finds a direction to prefer. */
  @Test
  void leadingFactorsOfOnesAndUnitsAreTheBestOnes() {
    int n = 500;
    float[] ones = new float[n * n];
    Arrays.fill(ones, 1);
    float[] units = new float[n * n];
    for (int i = 0; i < n / 2; i++) {
      units[i * n + i] = 2;
    }
    float[] corner = new float[n * n];
    for (int i = 0; i < 40; i++) {
      Arrays.fill(corner, i * n, i * n + 30, i % 2 == 0 ? 2 : -2);
    }
    float[] one = new float[n * n];
    one[n + 7] = 1;
    assertThat(errorOfLeading(Matrix.of(n, n, ones))).isLessThan(5e-6 * n);
    assertThat(errorOfLeading(Matrix.of(n, n, corner))).isLessThan(5e-6 * n);
    assertThat(errorOfLeading(Matrix.of(n, n, one))).isLessThan(1e-5);
    assertThat(errorOfLeading(Matrix.of(n, n, units))).isBetween(2.0, 2 + 1e-5);
  }

  private static double errorOfLeading(Matrix w) {
    return Spectrum.of(w.minus(Truncation.leading(w, 16, 1).product())).spectralNorm();
  }

  @Test
  void leadingFactorsAreFixedByTheirSeed() {
    Matrix w = Matrix.gaussian(400, 420, new SplittableRandom(8));
    assertThat(Truncation.leading(w, 8, 1)).isEqualTo(Truncation.leading(w, 8, 1));
    assertThat(Truncation.leading(w, 8, 1)).isNotEqualTo(Truncation.leading(w, 8, 2));
    // Too small for the random space: the best factors, whatever the seed.
    assertThat(Truncation.leading(w, 100, 1)).isEqualTo(Truncation.of(w).at(100));
  }

  @Test
  void leadingFactorsRefuseWhatHasNone() {
    float[] values = new float[400 * 400];
    values[5] = Float.NaN;
    assertThatThrownBy(() -> Truncation.leading(Matrix.of(400, 400, values), 4, 1))
        .isInstanceOf(NonFiniteException.class);
    assertThatThrownBy(() -> Truncation.leading(Matrix.of(1, 1, 1), 2, 1))
        .hasMessage("rank of a 1x1 matrix: expected 1 to 1, found 2");
  }

  private static Matrix scaledColumns(Matrix w, IntToDoubleFunction scale) {
    float[] values = w.toArray();
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) scale.applyAsDouble(i % w.cols());
    }
    return Matrix.of(w.rows(), w.cols(), values);
  }

  private static void assertWithinTwoPercent(Matrix w, int rank) {
    double[] sigma = FullSvd.singularValues(w);
    LowRank factors = Truncation.leading(w, rank, 3);
    double error = FullSvd.singularValues(w.minus(factors.product()))[0];
    assertThat(error).isBetween(sigma[rank] * (1 - 1e-4), 1.02 * sigma[rank] + 1e-6 * sigma[0]);
  }

  @Test
  void atFullRankGivesTheMatrixBack() {
    Matrix w = Matrix.gaussian(9, 14, new SplittableRandom(5));
    assertThat(w.minus(Truncation.of(w).at(9).product()).frobeniusNorm())
        .isLessThan(TOLERANCE * w.frobeniusNorm());
  }

  @Test
  void ofAZeroMatrixLosesNothing() {
    Truncation zero = Truncation.of(Matrix.of(2, 3, new float[6]));
    assertThat(zero.loss(0)).isZero();
    assertThat(zero.at(1).product()).isEqualTo(Matrix.of(2, 3, new float[6]));
  }

  @Test
  void refusesImpossibleRanksShapesAndNumbers() {
    Truncation t = Truncation.of(Matrix.of(2, 3, 1, 2, 3, 4, 5, 6));
    assertThatThrownBy(() -> t.at(0)).hasMessage("rank of a 2x3 matrix: expected 1 to 2, found 0");
    assertThatThrownBy(() -> t.at(3)).hasMessageContaining("found 3");
    assertThatThrownBy(() -> Truncation.of(Matrix.of(1, 1, Float.NaN)))
        .isInstanceOf(NonFiniteException.class);
    assertThatThrownBy(() -> Truncation.of(Matrix.of(2, 3, new float[6]), SymmetricMatrix.of(1, 1)))
        .hasMessageContaining("order 1");
    assertThatThrownBy(() -> SymmetricMatrix.of(1, Double.NaN))
        .isInstanceOf(NonFiniteException.class);
  }

  @Property
  void theBreakEvenRankIsTheLastThatSaves(
      @ForAll @IntRange(min = 1, max = 5000) int rows,
      @ForAll @IntRange(min = 1, max = 5000) int cols) {
    long r = LowRank.breakEvenRank(rows, cols);
    assertThat(r * (rows + cols)).isLessThan((long) rows * cols);
    assertThat((r + 1) * (rows + cols)).isGreaterThanOrEqualTo((long) rows * cols);
  }

  private static SymmetricMatrix secondMoment(Matrix x) {
    int n = x.rows();
    double[] values = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < x.cols(); k++) {
          values[i * n + j] += (double) x.get(i, k) * x.get(j, k) / x.cols();
        }
      }
    }
    return SymmetricMatrix.of(n, values);
  }

  private static double rootMeanSquare(Matrix outputs) {
    return outputs.frobeniusNorm() / Math.sqrt(outputs.cols());
  }
}
