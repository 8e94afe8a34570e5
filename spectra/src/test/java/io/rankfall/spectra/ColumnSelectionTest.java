package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ColumnSelectionTest {
  /** Rounding of W' to single precision. */
  private static final double TOLERANCE = 1e-5;

  @Property(tries = 100)
  void fitReachesTheStatedLossAndNoStepFromItLosesLess(
      @ForAll @IntRange(min = 1, max = 12) int rows,
      @ForAll @IntRange(min = 2, max = 15) int cols,
      @ForAll @IntRange(min = 1, max = 14) int count,
      @ForAll long seed) {
    Case c = Case.of(seed, rows, cols);
    int kept = Math.min(count, cols - 1);
    ColumnSelection selection = c.selection();
    Matrix fitted = selection.fit(c.w, kept);
    double loss = c.loss(fitted, selection.kept(kept));
    double all = c.loss(Matrix.of(rows, 1, new float[rows]), List.of(0));
    assertThat(loss).isCloseTo(selection.loss(kept), within(TOLERANCE * all));
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 10; i++) {
      float[] moved = fitted.toArray();
      moved[random.nextInt(moved.length)] += random.nextBoolean() ? 0.05f : -0.05f;
      assertThat(c.loss(Matrix.of(rows, kept, moved), selection.kept(kept)))
          .isGreaterThan(loss - TOLERANCE * all);
    }
  }

  /** By the brute force of fitting without each of the others. */
  @Property(tries = 50)
  void everyInputThatGoesIsTheOneThatCostsLeast(
      @ForAll @IntRange(min = 1, max = 8) int rows,
      @ForAll @IntRange(min = 2, max = 9) int cols,
      @ForAll long seed) {
    Case c = Case.of(seed, rows, cols);
    ColumnSelection selection = c.selection();
    for (int kept = cols - 1; kept >= 1; kept--) {
      double least = Double.POSITIVE_INFINITY;
      List<Integer> before = selection.kept(kept + 1);
      assertThat(before).containsAll(selection.kept(kept));
      for (Integer gone : before) {
        List<Integer> others = new ArrayList<>(before);
        others.remove(gone);
        least = Math.min(least, c.leastLoss(others));
      }
      assertThat(selection.loss(kept)).isCloseTo(least, within(1e-6 * selection.loss(0)));
    }
  }

  /** A copy and a sum of others go first, for next to nothing, and what they did is made up for. */
  @Test
  void inputsThatOthersDetermineGoFirst() {
    SplittableRandom random = new SplittableRandom(1);
    Matrix x = Matrix.gaussian(6, 500, random);
    float[] values = x.toArray();
    for (int s = 0; s < 500; s++) {
      values[4 * 500 + s] = values[s];
      values[5 * 500 + s] = values[500 + s] - values[2 * 500 + s];
    }
    Case c = new Case(Matrix.gaussian(3, 6, random), Matrix.of(6, 500, values), identity(3));
    ColumnSelection selection = c.selection();
    assertThat(selection.loss(4)).isLessThan(3e-3 * selection.loss(0));
    assertThat(selection.loss(3)).isGreaterThan(3e-2 * selection.loss(0));
    assertThat(selection.kept(4)).contains(3);
  }

  /** Not the input with small weights goes, but the one that only moves an output of no effect. */
  @Test
  void outputsThatDoNotMatterDoNotCount() {
    Matrix w = Matrix.of(2, 2, 0.1f, 0, 0, 5);
    Matrix x = Matrix.of(2, 4, 1, -1, 1, -1, 1, 1, -1, -1);
    ColumnSelection selection = new Case(w, x, SymmetricMatrix.of(2, 1, 0, 0, 1e-9)).selection();
    assertThat(selection.kept(1)).containsExactly(0);
    assertThat(new Case(w, x, identity(2)).selection().kept(1)).containsExactly(1);
  }

  @Test
  void keepingAllLosesNothingAndChangesNothing() {
    Case c = Case.of(3, 4, 5);
    assertThat(c.selection().loss(5)).isZero();
    assertThat(c.selection().kept(5)).containsExactly(0, 1, 2, 3, 4);
    assertThat(c.selection().fit(c.w, 5)).isEqualTo(c.w);
  }

  @Test
  void inputsThatNeverVaryAreNoTrouble() {
    Matrix w = Matrix.of(2, 3, 1, 2, 3, 4, 5, 6);
    ColumnSelection selection =
        ColumnSelection.of(
            SymmetricMatrix.of(3, new double[9]), identity(2).mappedBy(w.transposed()));
    assertThat(selection.fit(w, 1).isFinite()).isTrue();
    assertThat(selection.kept(1)).containsExactly(2);
  }

  @Test
  void refusesOtherShapes() {
    ColumnSelection selection = Case.of(1, 2, 3).selection();
    assertThatThrownBy(() -> ColumnSelection.of(identity(3), identity(2)))
        .hasMessage("column selection: expected 3 inputs in both matrices, found 2");
    assertThatThrownBy(() -> selection.fit(Matrix.of(1, 2, 1, 2), 1))
        .hasMessage("column selection: expected a matrix with 3 columns, found 1x2");
    assertThatThrownBy(() -> selection.kept(0))
        .hasMessage("columns kept: expected 1 to 3, found 0");
    assertThatThrownBy(() -> selection.kept(4))
        .hasMessage("columns kept: expected 1 to 3, found 4");
  }

  private static SymmetricMatrix identity(int n) {
    double[] values = new double[n * n];
    for (int i = 0; i < n; i++) {
      values[i * n + i] = 1;
    }
    return SymmetricMatrix.of(n, values);
  }

  private static SymmetricMatrix secondMoment(Matrix x) {
    Matrix product = x.times(x.transposed());
    int n = x.rows();
    double[] values = new double[n * n];
    for (int i = 0; i < n * n; i++) {
      values[i] = product.get(i / n, i % n) / (double) x.cols();
    }
    return SymmetricMatrix.of(n, values);
  }

  /** A matrix, its inputs one a column, and what errors of its outputs matter. */
  private record Case(Matrix w, Matrix x, SymmetricMatrix g) {

    static Case of(long seed, int rows, int cols) {
      SplittableRandom random = new SplittableRandom(seed);
      Matrix mixing = Matrix.gaussian(cols, cols, random);
      return new Case(
          Matrix.gaussian(rows, cols, random),
          mixing.times(Matrix.gaussian(cols, 4 * cols, random)),
          secondMoment(Matrix.gaussian(rows, 2 * rows, random)));
    }

    ColumnSelection selection() {
      return ColumnSelection.of(secondMoment(x), g.mappedBy(w.transposed()));
    }

    /** tr (W − W')(C + ρI)(W − W')ᵀG, term by term. */
    double loss(Matrix fitted, List<Integer> kept) {
      int n = w.cols();
      SymmetricMatrix c = secondMoment(x);
      double rho = 1e-3 * c.trace() / n;
      double[][] d = new double[w.rows()][n];
      for (int i = 0; i < w.rows(); i++) {
        for (int j = 0; j < n; j++) {
          int at = kept.indexOf(j);
          d[i][j] = w.get(i, j) - (at < 0 ? 0 : fitted.get(i, at));
        }
      }
      double sum = 0;
      for (int a = 0; a < w.rows(); a++) {
        for (int b = 0; b < w.rows(); b++) {
          for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
              sum += g.get(a, b) * d[a][i] * d[b][j] * (c.get(i, j) + (i == j ? rho : 0));
            }
          }
        }
      }
      return sum;
    }

    /** The least loss on a set of inputs: Σ over G of the Schur complement of the others. */
    double leastLoss(List<Integer> kept) {
      int n = w.cols();
      SymmetricMatrix c = secondMoment(x);
      double rho = 1e-3 * c.trace() / n;
      double[][] s = new double[n][n];
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          s[i][j] = c.get(i, j) + (i == j ? rho : 0);
        }
      }
      for (int k : kept) {
        for (int i = 0; i < n; i++) {
          double factor = s[i][k] / s[k][k];
          for (int j = 0; j < n && i != k; j++) {
            s[i][j] -= factor * s[k][j];
          }
        }
      }
      SymmetricMatrix importance = g.mappedBy(w.transposed());
      double sum = 0;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          sum += kept.contains(i) || kept.contains(j) ? 0 : importance.get(i, j) * s[i][j];
        }
      }
      return sum;
    }
  }
}
