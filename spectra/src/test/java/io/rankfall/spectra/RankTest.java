package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RankTest {
  /** A singular value this close to the threshold may be counted or not, relative to σ₁. */
  private static final double ROUNDING = 1e-6;

  @Property(tries = 200)
  void countsWhatTheFullSvdHasAboveTheThreshold(
      @ForAll @IntRange(min = 1, max = 160) int rows,
      @ForAll @IntRange(min = 1, max = 160) int cols,
      @ForAll @IntRange(min = 1, max = 160) int rank,
      @ForAll @IntRange(min = 0, max = 8) int decades,
      @ForAll @DoubleRange(min = 0.1, max = 5) double exponent,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix w = graded(rows, rank, decades, random).times(Matrix.gaussian(rank, cols, random));
    assertCounts(w, Math.pow(10, -exponent));
  }

  @Test
  void countsLargeMatricesOfEveryKind() {
    SplittableRandom random = new SplittableRandom(5);
    for (int[] shape : new int[][] {{400, 400}, {300, 900}, {900, 300}}) {
      int rows = shape[0];
      int cols = shape[1];
      Matrix flat = Matrix.gaussian(rows, cols, random);
      Matrix deficient = Matrix.gaussian(rows, 40, random).times(Matrix.gaussian(40, cols, random));
      for (double tau : new double[] {0, 1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.2}) {
        assertCounts(flat, tau);
        assertCounts(deficient, tau);
        assertCounts(graded(rows, cols, 3, random), tau);
        assertCounts(graded(rows, cols, 8, random), tau);
      }
    }
  }

  @Test
  void countsClustersOnBothSidesOfTheThreshold() {
    int n = 200;
    float[] diagonal = new float[n * n];
    for (int i = 0; i < n; i++) {
      diagonal[i * n + i] = i < 70 ? 1 : 0.999f;
    }
    Matrix w = Matrix.of(n, n, diagonal);
    assertThat(Rank.above(w, 1.00001)).isZero();
    assertThat(Rank.above(w, 0.9995)).isEqualTo(70);
    assertThat(Rank.above(w, 0.9989)).isEqualTo(200);
  }

  @Test
  void countsTheSmallestMatricesStrictly() {
    assertThat(Rank.above(Matrix.of(1, 1, -3), 3)).isZero();
    assertThat(Rank.above(Matrix.of(1, 1, -3), 2.999)).isEqualTo(1);
    assertThat(Rank.above(Matrix.of(1, 1, 0), 0)).isZero();
    assertThat(Rank.above(Matrix.of(200, 150, new float[200 * 150]), 0)).isZero();
    assertThat(Rank.of(Matrix.of(2, 2, new float[4]), RankRule.FROBENIUS_THOUSANDTH)).isZero();
  }

  @Test
  void singlePrecisionIsTakenWhenItIsCertainAndOnlyThen() {
    Matrix flat = Matrix.gaussian(300, 320, new SplittableRandom(2));
    double[] sigma = FullSvd.singularValues(flat);
    ShiftedGram between = new ShiftedGram(flat, (sigma[250] + sigma[251]) / 2);
    assertThat(between.inSinglePrecision()).hasValue(251);
    assertThat(between.inDoublePrecision()).isEqualTo(251);
    // A threshold within the rounding of single precision, outside that of double precision.
    ShiftedGram close = new ShiftedGram(flat, sigma[295] * (1 - 1e-9));
    assertThat(close.inSinglePrecision()).isEmpty();
    assertThat(close.inDoublePrecision()).isEqualTo(296);
  }

  @Test
  void survivesSquaresBeyondSinglePrecision() {
    float[] values = Matrix.gaussian(150, 150, new SplittableRandom(3)).toArray();
    for (float scale : new float[] {1e30f, 1e-30f}) {
      float[] scaled = values.clone();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= scale;
      }
      assertCounts(Matrix.of(150, 150, scaled), 0.01);
    }
  }

  @Test
  void everyRuleAgreesWithTheSpectrum() {
    SplittableRandom random = new SplittableRandom(9);
    Matrix w = Matrix.gaussian(180, 7, random).times(Matrix.gaussian(7, 200, random));
    assertThat(Rank.of(w, new RankRule.Numerical())).isEqualTo(7);
    for (RankRule rule :
        new RankRule[] {
          RankRule.FROBENIUS_THOUSANDTH,
          RankRule.FROBENIUS_HUNDREDTH,
          new RankRule.FrobeniusRelative(0.4),
          new RankRule.SpectralRelative(0.9)
        }) {
      assertThat(Rank.of(w, rule)).as(rule.label()).isEqualTo(Spectrum.of(w).rank(rule));
    }
  }

  @Test
  void refusesNumbersThatAreNone() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      Matrix w = Matrix.of(1, 2, 1, bad);
      assertThatThrownBy(() -> Rank.above(w, 1)).isInstanceOf(NonFiniteException.class);
      assertThatThrownBy(() -> Rank.of(w, RankRule.FROBENIUS_THOUSANDTH))
          .isInstanceOf(NonFiniteException.class);
    }
    assertThatThrownBy(() -> Rank.above(Matrix.of(1, 1, 1), -1))
        .hasMessage("threshold: expected >= 0, found -1.0");
    assertThatThrownBy(() -> Rank.above(Matrix.of(1, 1, 1), Double.NaN))
        .hasMessageContaining("NaN");
  }

  /** Gaussian columns whose scale falls by so many powers of ten. */
  private static Matrix graded(int rows, int cols, int decades, SplittableRandom random) {
    float[] values = Matrix.gaussian(rows, cols, random).toArray();
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) Math.pow(10, -(double) decades * (i % cols) / cols);
    }
    return Matrix.of(rows, cols, values);
  }

  private static void assertCounts(Matrix w, double tau) {
    double[] sigma = FullSvd.singularValues(w);
    double threshold = tau * w.frobeniusNorm();
    double slack = ROUNDING * sigma[0];
    int certain = (int) Arrays.stream(sigma).filter(s -> s > threshold + slack).count();
    int possible = (int) Arrays.stream(sigma).filter(s -> s > threshold - slack).count();
    assertThat(Rank.of(w, new RankRule.FrobeniusRelative(tau)))
        .as("%s, σ > %s·‖W‖F", w, tau)
        .isBetween(certain, possible);
  }
}
