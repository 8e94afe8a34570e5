package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class NestedFitTest {
  private static final double TOLERANCE = 1e-5;

  private static SymmetricMatrix moment(int order, SplittableRandom random) {
    Matrix samples = Matrix.gaussian(order, 2 * order, random);
    return SymmetricMatrix.identity(2 * order).mappedBy(samples);
  }

  /** T: r rows of V at each place. */
  private static Matrix spread(Matrix v, int places) {
    float[] t = new float[v.rows() * places * v.cols() * places];
    for (int b = 0; b < v.rows(); b++) {
      for (int a = 0; a < v.cols(); a++) {
        for (int p = 0; p < places; p++) {
          t[(b * places + p) * v.cols() * places + a * places + p] = v.get(b, a);
        }
      }
    }
    return Matrix.of(v.rows() * places, v.cols() * places, t);
  }

  /** tr G·Δ·C·Δᵀ. */
  private static double loss(Matrix delta, SymmetricMatrix c, SymmetricMatrix g) {
    SymmetricMatrix errors = c.mappedBy(delta);
    double sum = 0;
    for (int i = 0; i < g.order(); i++) {
      for (int j = 0; j < g.order(); j++) {
        sum += g.get(i, j) * errors.get(i, j);
      }
    }
    return sum;
  }

  @Property(tries = 60)
  void losesWhatItSaysAndNoOtherLastFactorLosesLess(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 7) int outputs,
      @ForAll @IntRange(min = 1, max = 6) int shared,
      @ForAll @IntRange(min = 1, max = 4) int places) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix w = Matrix.gaussian(outputs, shared * places, random);
    SymmetricMatrix c = moment(shared * places, random);
    SymmetricMatrix g = moment(outputs, random);
    NestedFit fit = NestedFit.of(w, places, c, g);
    double all = loss(w, c, g);
    assertThat(fit.loss(0)).isCloseTo(all, within(TOLERANCE * all));
    for (int r = 1; r <= fit.ranks(); r++) {
      Matrix t = spread(fit.first(r), places);
      double lost = loss(w.minus(fit.last(r).times(t)), c, g);
      assertThat(fit.loss(r)).isCloseTo(lost, within(TOLERANCE * all));
      assertThat(fit.loss(r)).isLessThanOrEqualTo(fit.loss(r - 1));
      Matrix step = Matrix.gaussian(outputs, r * places, random);
      for (double size : new double[] {1e-2, -1e-2}) {
        float[] moved = fit.last(r).toArray();
        for (int i = 0; i < moved.length; i++) {
          moved[i] += (float) (size * step.toArray()[i]);
        }
        Matrix other = Matrix.of(outputs, r * places, moved).times(t);
        assertThat(loss(w.minus(other), c, g)).isGreaterThan(lost - TOLERANCE * all);
      }
      SymmetricMatrix expected = c.mappedBy(t);
      for (int i = 0; i < r * places; i++) {
        for (int j = 0; j < r * places; j++) {
          assertThat(fit.moment(r).get(i, j))
              .isCloseTo(expected.get(i, j), within(TOLERANCE * expected.trace()));
        }
      }
    }
    if (fit.ranks() == shared) {
      assertThat(fit.loss(shared)).isCloseTo(0, within(TOLERANCE * all));
    }
  }

  /** Where one place is all there is, the best factors of every rank. */
  @Property(tries = 30)
  void isTheWeightedTruncationWhereThereIsOnePlace(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix w = Matrix.gaussian(5, 8, random);
    SymmetricMatrix c = moment(8, random);
    SymmetricMatrix g = moment(5, random);
    NestedFit fit = NestedFit.of(w, 1, c, g);
    Truncation best = Truncation.of(w, c, g);
    for (int r = 0; r <= 5; r++) {
      // The truncation shrinks G a little.
      assertThat(fit.loss(r)).isCloseTo(best.loss(r), within(0.01 * best.loss(0)));
    }
  }

  @Test
  void whatActsAlikeAtEveryPlaceIsFoundExactly() {
    SplittableRandom random = new SplittableRandom(1);
    Matrix w = Matrix.gaussian(7, 6, random).times(spread(Matrix.gaussian(2, 5, random), 3));
    NestedFit fit = NestedFit.of(w, 3, moment(15, random), moment(7, random));
    assertThat(fit.loss(1)).isGreaterThan(0.05 * fit.loss(0));
    assertThat(fit.loss(2)).isLessThan(1e-6 * fit.loss(0));
  }

  @Test
  void aMatrixOfZerosLosesNothing() {
    Matrix zeros = Matrix.of(2, 6, new float[12]);
    NestedFit fit =
        NestedFit.of(zeros, 3, SymmetricMatrix.identity(6), SymmetricMatrix.identity(2));
    assertThat(fit.loss(1)).isZero();
    assertThat(fit.last(1).isFinite()).isTrue();
  }

  @Test
  void whatDoesNotFitIsRefused() {
    SymmetricMatrix c = SymmetricMatrix.identity(6);
    SymmetricMatrix g = SymmetricMatrix.identity(1);
    assertThatThrownBy(() -> NestedFit.of(Matrix.of(1, 6, new float[6]), 4, c, g))
        .hasMessage("matrix 1x6: expected columns for each of 4 places");
    float[] numbers = {1, 2, Float.NaN, 4, 5, 6};
    assertThatThrownBy(() -> NestedFit.of(Matrix.of(1, 6, numbers), 2, c, g))
        .isInstanceOf(NonFiniteException.class);
  }
}
