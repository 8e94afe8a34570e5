package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class Tucker2Test {
  /** Of ‖K‖²: single-precision rounding of the factors. */
  private static final double TOLERANCE = 1e-5;

  @Property(tries = 60)
  void losesWhatItSaysBetweenTheBounds(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 9) int outputs,
      @ForAll @IntRange(min = 1, max = 9) int inputs,
      @ForAll @IntRange(min = 1, max = 6) int positions) {
    Matrix kernel = Matrix.gaussian(outputs, inputs * positions, new SplittableRandom(seed));
    Tucker2 tucker = Tucker2.of(kernel, inputs);
    double all = Math.pow(kernel.frobeniusNorm(), 2);
    Truncation byOutputs = Truncation.of(kernel);
    Truncation byInputs = Truncation.of(swapped(kernel, inputs));
    for (int a = 1; a <= outputs; a++) {
      for (int b = 1; b <= inputs; b++) {
        Matrix made = product(tucker.at(a, b), inputs);
        double lost = Math.pow(kernel.minus(made).frobeniusNorm(), 2);
        assertThat(tucker.loss(a, b)).isCloseTo(lost, within(TOLERANCE * all));
        double outputTail = byOutputs.loss(Math.min(a, kernel.fullRank()));
        double inputTail = byInputs.loss(Math.min(b, byInputs.matrix().fullRank()));
        assertThat(lost)
            .isBetween(
                Math.max(outputTail, inputTail) - TOLERANCE * all,
                outputTail + inputTail + TOLERANCE * all);
      }
    }
    assertThat(tucker.loss(outputs, inputs)).isCloseTo(0, within(TOLERANCE * all));
    assertThat(tucker.loss(0, inputs)).isCloseTo(all, within(TOLERANCE * all));
    assertThat(tucker.loss(outputs, 0)).isCloseTo(all, within(TOLERANCE * all));
  }

  /** One full mode leaves an ordinary truncation of the other unfolding. */
  @Property(tries = 20)
  void isEckartYoungWhereOneModeIsWhole(@ForAll long seed) {
    Matrix kernel = Matrix.gaussian(6, 4 * 3, new SplittableRandom(seed));
    Tucker2 tucker = Tucker2.of(kernel, 4);
    for (int rank = 1; rank < 6; rank++) {
      assertThat(tucker.loss(rank, 4)).isCloseTo(Truncation.of(kernel).loss(rank), within(1e-5));
    }
    for (int rank = 1; rank < 4; rank++) {
      assertThat(tucker.loss(6, rank))
          .isCloseTo(Truncation.of(swapped(kernel, 4)).loss(rank), within(1e-5));
    }
  }

  @Test
  void findsTheRanksOfAKernelMadeOfThem() {
    SplittableRandom random = new SplittableRandom(4);
    Tucker2.Factors parts =
        new Tucker2.Factors(
            Matrix.gaussian(2, 7, random),
            Matrix.gaussian(3, 2 * 9, random),
            Matrix.gaussian(8, 3, random));
    Matrix kernel = product(parts, 7);
    Tucker2 tucker = Tucker2.of(kernel, 7);
    double all = Math.pow(kernel.frobeniusNorm(), 2);
    assertThat(tucker.loss(3, 2)).isLessThan(1e-9 * all);
    assertThat(tucker.loss(2, 2)).isGreaterThan(1e-3 * all);
    assertThat(tucker.loss(3, 1)).isGreaterThan(1e-3 * all);
  }

  @Test
  void refusesWhatIsNoKernel() {
    Matrix kernel = Matrix.of(2, 6, new float[12]);
    assertThatThrownBy(() -> Tucker2.of(kernel, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("kernel 2x6: expected columns for each of 4 inputs");
    assertThatThrownBy(() -> Tucker2.of(kernel, 3).at(3, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected 1 to 2 and 1 to 3, found 3 and 1");
    assertThatThrownBy(() -> Tucker2.of(Matrix.of(1, 1, Float.NaN), 1))
        .isInstanceOf(NonFiniteException.class);
  }

  private static Matrix product(Tucker2.Factors factors, int inputs) {
    int positions = factors.core().cols() / factors.input().rows();
    int outputs = factors.output().rows();
    float[] kernel = new float[outputs * inputs * positions];
    for (int o = 0; o < outputs; o++) {
      for (int c = 0; c < inputs; c++) {
        for (int p = 0; p < positions; p++) {
          double sum = 0;
          for (int a = 0; a < factors.core().rows(); a++) {
            for (int b = 0; b < factors.input().rows(); b++) {
              sum +=
                  (double) factors.output().get(o, a)
                      * factors.core().get(a, b * positions + p)
                      * factors.input().get(b, c);
            }
          }
          kernel[(o * inputs + c) * positions + p] = (float) sum;
        }
      }
    }
    return Matrix.of(outputs, inputs * positions, kernel);
  }

  private static Matrix swapped(Matrix kernel, int inputs) {
    int positions = kernel.cols() / inputs;
    float[] values = new float[(int) kernel.size()];
    for (int o = 0; o < kernel.rows(); o++) {
      for (int c = 0; c < inputs; c++) {
        for (int p = 0; p < positions; p++) {
          values[(c * kernel.rows() + o) * positions + p] = kernel.get(o, c * positions + p);
        }
      }
    }
    return Matrix.of(inputs, kernel.rows() * positions, values);
  }
}
