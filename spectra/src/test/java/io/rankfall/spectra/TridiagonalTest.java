package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.openblas.global.openblas;
import org.junit.jupiter.api.Test;

class TridiagonalTest {
  /** Relative to the largest absolute eigenvalue. */
  private static final double TOLERANCE = 1e-13;

  @Property(tries = 200)
  void agreesWithLapack(
      @ForAll @IntRange(min = 1, max = 90) int n,
      @ForAll @IntRange(min = 0, max = 12) int decades,
      @ForAll @IntRange(min = -140, max = 140) int exponent,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] d = new double[n];
    double[] e = new double[n];
    for (int i = 0; i < n; i++) {
      double size = Math.pow(10, exponent - (double) decades * i / n);
      d[i] = size * random.nextGaussian();
      e[i] = size * random.nextGaussian();
    }
    assertAgrees(d, e);
    reverse(d);
    reverse(e);
    assertAgrees(d, e);
  }

  @Test
  void findsClusteredZeroAndUncoupledEigenvalues() {
    assertAgrees(new double[40], new double[40]);
    assertAgrees(new double[] {3, 3, 3, 1, 1}, new double[] {0, 0, 0, 0, 0});
    double[] ones = new double[200];
    Arrays.fill(ones, 1);
    double[] weak = new double[200];
    Arrays.fill(weak, 1e-9);
    assertAgrees(ones, weak);
    assertAgrees(new double[200], ones);
    // Wilkinson's matrix: pairs that agree to fifteen digits.
    double[] w = new double[61];
    for (int i = 0; i < w.length; i++) {
      w[i] = Math.abs(i - 30);
    }
    assertAgrees(w, ones);
  }

  private static void assertAgrees(double[] d, double[] e) {
    int n = d.length;
    try (DoublePointer diagonal = new DoublePointer(d);
        DoublePointer beside = new DoublePointer(e)) {
      double[] actual = Tridiagonal.eigenvalues(n, diagonal, beside);
      assertThat(openblas.LAPACKE_dsterf(n, diagonal, beside)).isZero();
      double[] expected = SymmetricMatrix.descending(diagonal, n);
      double largest = Math.max(Math.abs(expected[0]), Math.abs(expected[n - 1]));
      assertThat(actual).containsExactly(expected, within(TOLERANCE * largest));
    }
  }

  private static void reverse(double[] values) {
    for (int i = 0, j = values.length - 1; i < j; i++, j--) {
      double swap = values[i];
      values[i] = values[j];
      values[j] = swap;
    }
  }
}
