package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SpectrumTest {
  /** The stated accuracy, relative to σ₁. */
  private static final double TOLERANCE = 1e-6;

  @Property(tries = 200)
  void agreesWithTheFullSvd(
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 70) int cols,
      @ForAll @IntRange(min = 1, max = 70) int rank,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix w = Matrix.gaussian(rows, rank, random).times(Matrix.gaussian(rank, cols, random));
    double[] expected = FullSvd.singularValues(w);
    assertThat(Spectrum.of(w).toArray()).containsExactly(expected, within(TOLERANCE * expected[0]));
  }

  @Test
  void agreesWithTheFullSvdBeyondOnePanelAndOverEightDecades() {
    SplittableRandom random = new SplittableRandom(7);
    for (int[] shape :
        new int[][] {{300, 700}, {700, 300}, {257, 257}, {1030, 1024}, {1024, 1100}}) {
      float[] scaled = Matrix.gaussian(shape[0], shape[1], random).toArray();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= (float) Math.pow(10, -8.0 * (i % shape[1]) / shape[1]);
      }
      Matrix w = Matrix.of(shape[0], shape[1], scaled);
      double[] expected = FullSvd.singularValues(w);
      assertThat(Spectrum.of(w).toArray())
          .containsExactly(expected, within(TOLERANCE * expected[0]));
    }
  }

  @Test
  void ranksDoNotDependOnTheScaleOfTheWeights() {
    Matrix w = Matrix.gaussian(40, 60, new SplittableRandom(3));
    List<RankRule> rules =
        List.of(
            new RankRule.FrobeniusRelative(0.1),
            new RankRule.SpectralRelative(0.5),
            new RankRule.Numerical());
    for (float factor : new float[] {1e-20f, 0.37f, 1e20f}) {
      float[] scaled = w.toArray();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= factor;
      }
      Spectrum spectrum = Spectrum.of(Matrix.of(40, 60, scaled));
      for (RankRule rule : rules) {
        assertThat(spectrum.rank(rule))
            .as("%s at %s", rule, factor)
            .isEqualTo(Spectrum.of(w).rank(rule));
      }
    }
  }

  @Test
  void largeMatricesAgreeWithTheFullSvdAtEveryScaleAndRank() {
    SplittableRandom random = new SplittableRandom(11);
    int n = 1050;
    Matrix lowRank = Matrix.gaussian(n, 9, random).times(Matrix.gaussian(9, n, random));
    for (float scale : new float[] {1, 1e-35f, 1e32f}) {
      float[] values = lowRank.toArray();
      for (int i = 0; i < values.length; i++) {
        values[i] *= scale;
      }
      Matrix w = Matrix.of(n, n, values);
      assertThat(BandReduction.suits(w)).isTrue();
      Spectrum s = Spectrum.of(w);
      double[] expected = FullSvd.singularValues(w);
      assertThat(s.toArray()).containsExactly(expected, within(TOLERANCE * expected[0]));
      assertThat(s.rank(new RankRule.Numerical())).isEqualTo(9);
      assertThat(Spectrum.of(w)).isEqualTo(s);
    }
    assertThat(Spectrum.of(Matrix.of(n, n, new float[n * n])).spectralNorm()).isZero();
  }

  @Test
  void aLargeIdentityHasOneClusterOfSingularValues() {
    int n = 1024;
    float[] identity = new float[n * n];
    for (int i = 0; i < n; i++) {
      identity[i * n + i] = 1;
    }
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    assertThat(Spectrum.of(Matrix.of(n, n, identity)).toArray())
        .containsExactly(ones, within(TOLERANCE));
  }

  @Property(tries = 50)
  void doesNotChangeUnderTransposition(
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 40) int cols,
      @ForAll long seed) {
    Matrix w = Matrix.gaussian(rows, cols, new SplittableRandom(seed));
    double[] sigma = Spectrum.of(w).toArray();
    assertThat(Spectrum.of(w.transposed()).toArray())
        .containsExactly(sigma, within(TOLERANCE * sigma[0]));
  }

  @Test
  void measuresADiagonalMatrixExactly() {
    Spectrum s = Spectrum.of(Matrix.of(2, 3, 3, 0, 0, 0, 0, 4));
    assertThat(s.toArray()).containsExactly(new double[] {4, 3}, within(1e-14));
    assertThat(s.frobeniusNorm()).isCloseTo(5, within(1e-14));
    assertThat(s.spectralNorm()).isCloseTo(4, within(1e-14));
    assertThat(s.nuclearNorm()).isCloseTo(7, within(1e-14));
    assertThat(s.stableRank()).isCloseTo(25.0 / 16, within(1e-14));
    assertThat(s.conditionNumber()).isCloseTo(4.0 / 3, within(1e-14));
    assertThat(s.participationRatio()).isCloseTo(625.0 / (256 + 81), within(1e-13));
    double entropy = -(4.0 / 7 * Math.log(4.0 / 7) + 3.0 / 7 * Math.log(3.0 / 7));
    assertThat(s.effectiveRank()).isCloseTo(Math.exp(entropy), within(1e-14));
  }

  @Test
  void ranksAreStrictlyAboveTheThreshold() {
    Spectrum s = Spectrum.of(3, 3, 1.0, 0.5, 0.0);
    assertThat(s.rank(new RankRule.SpectralRelative(0.5))).isEqualTo(1);
    assertThat(s.rank(new RankRule.SpectralRelative(0.4999))).isEqualTo(2);
    assertThat(s.rank(new RankRule.SpectralRelative(0))).isEqualTo(2);
    assertThat(s.rank(new RankRule.Numerical())).isEqualTo(2);
    double share = 0.5 / Math.sqrt(1.25);
    assertThat(s.rank(new RankRule.FrobeniusRelative(share + 1e-9))).isEqualTo(1);
    assertThat(s.rank(new RankRule.FrobeniusRelative(share - 1e-9))).isEqualTo(2);
  }

  @Test
  void theNumericalRankIgnoresRoundingOnly() {
    SplittableRandom random = new SplittableRandom(3);
    Matrix w = Matrix.gaussian(120, 7, random).times(Matrix.gaussian(7, 90, random));
    assertThat(Spectrum.of(w).rank(new RankRule.Numerical())).isEqualTo(7);
  }

  @Property(tries = 200)
  void epsilonAndEnergyRanksMatchTheirDefinitions(
      @ForAll @IntRange(min = 1, max = 25) int size,
      @ForAll @DoubleRange(min = 0, max = 1) double epsilon,
      @ForAll long seed) {
    Spectrum s = Spectrum.of(Matrix.gaussian(size, size + 3, new SplittableRandom(seed)));
    double norm = s.frobeniusNorm();
    int spectral = 0;
    while (spectral < size && s.sigma(spectral) > epsilon * s.spectralNorm()) {
      spectral++;
    }
    assertThat(s.epsilonRank(epsilon, Norm.SPECTRAL)).isEqualTo(spectral);
    int r = s.epsilonRank(epsilon, Norm.FROBENIUS);
    assertThat(tail(s, r)).isLessThanOrEqualTo(epsilon * norm * (1 + 1e-12));
    if (r > 0) {
      assertThat(tail(s, r - 1)).isGreaterThan(epsilon * norm * (1 - 1e-12));
    }
    int e = s.energyRank(epsilon);
    assertThat(norm * norm - tail(s, e) * tail(s, e))
        .isGreaterThanOrEqualTo((epsilon - 1e-12) * norm * norm);
    if (e > 0) {
      assertThat(norm * norm - tail(s, e - 1) * tail(s, e - 1))
          .isLessThanOrEqualTo((epsilon + 1e-12) * norm * norm);
    }
  }

  private static double tail(Spectrum s, int from) {
    double sum = 0;
    for (int i = from; i < s.size(); i++) {
      sum += s.sigma(i) * s.sigma(i);
    }
    return Math.sqrt(sum);
  }

  @Test
  void aZeroMatrixHasRankZeroUnderEveryRule() {
    Spectrum s = Spectrum.of(Matrix.of(3, 2, new float[6]));
    assertThat(s.rank(new RankRule.FrobeniusRelative(1e-3))).isZero();
    assertThat(s.rank(new RankRule.SpectralRelative(1e-3))).isZero();
    assertThat(s.rank(new RankRule.Numerical())).isZero();
    assertThat(s.energyRank(0.99)).isZero();
    assertThat(s.epsilonRank(0.1, Norm.FROBENIUS)).isZero();
    assertThat(s.stableRank()).isZero();
    assertThat(s.effectiveRank()).isZero();
    assertThat(s.participationRatio()).isZero();
    assertThat(s.conditionNumber()).isInfinite();
  }

  @Test
  void aRowAndAColumnHaveTheirNorm() {
    assertThat(Spectrum.of(Matrix.of(1, 2, 3, 4)).toArray())
        .containsExactly(new double[] {5}, within(1e-14));
    assertThat(Spectrum.of(Matrix.of(2, 1, 3, 4)).toArray())
        .containsExactly(new double[] {5}, within(1e-14));
  }

  @Test
  void nonFiniteWeightsAreNamed() {
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      float[] large = new float[1024 * 1024];
      large[77_777] = bad;
      assertThatThrownBy(() -> Spectrum.of(Matrix.of(1024, 1024, large)))
          .isInstanceOf(NonFiniteException.class)
          .hasMessage("Matrix[1024x1024]: expected finite numbers, found NaN or Inf");
      WeightMatrix w = new WeightMatrix("fc2", Matrix.of(1, 2, 1, bad));
      assertThatThrownBy(w::spectrum)
          .isInstanceOf(NonFiniteException.class)
          .hasMessage("weights fc2 1x2: expected finite numbers, found NaN or Inf");
    }
  }

  @Test
  void theGaussianReferenceIsFixedByItsSeedAndFollowsTheSemicircleEdge() {
    Spectrum s = Spectrum.ofGaussian(200, 200, 1);
    assertThat(s).isEqualTo(Spectrum.ofGaussian(200, 200, 1));
    assertThat(s).isNotEqualTo(Spectrum.ofGaussian(200, 200, 2));
    assertThat(s.spectralNorm() / s.frobeniusNorm())
        .isCloseTo(2 / Math.sqrt(200), within(0.05 * 2 / Math.sqrt(200)));
  }

  @Test
  void storedSpectraAreValidated() {
    assertThatThrownBy(() -> Spectrum.of(2, 2, 1.0))
        .hasMessage("spectrum of a 2x2 matrix: expected 2 singular values, found 1");
    assertThatThrownBy(() -> Spectrum.of(2, 2, 1.0, 2.0))
        .hasMessageContaining("descending")
        .hasMessageContaining("2.0 after 1.0");
    assertThatThrownBy(() -> Spectrum.of(2, 2, 1.0, Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> Spectrum.of(2, 2, 1.0, -1.0)).hasMessageContaining("-1.0");
  }

  @Test
  void rulesSayWhatTheyCount() {
    assertThat(new RankRule.FrobeniusRelative(1e-3).label()).isEqualTo("σ/‖W‖F > 1e-3");
    assertThat(new RankRule.SpectralRelative(0.015).label()).isEqualTo("σ/σ₁ > 0.015");
    assertThatThrownBy(() -> new RankRule.FrobeniusRelative(1))
        .hasMessage("tau: expected 0 <= tau < 1, found 1.0");
    assertThatThrownBy(() -> new RankRule.SpectralRelative(Double.NaN)).hasMessageContaining("NaN");
  }
}
