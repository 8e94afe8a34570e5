package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.GradientFactors;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UpdateMemoryTest {
  private record Factors(Matrix delta, Matrix inputs) implements GradientFactors {
    @Override
    public int rows() {
      return delta.rows();
    }

    @Override
    public void copyDelta(int row, float[] to, int at) {
      System.arraycopy(delta.toArray(), row * delta.cols(), to, at, delta.cols());
    }

    @Override
    public void copyInputs(int row, float[] to, int at) {
      System.arraycopy(inputs.toArray(), row * inputs.cols(), to, at, inputs.cols());
    }
  }

  /** More rows than are multiplied at once, of lengths that no loop of four divides. */
  @ParameterizedTest
  @CsvSource({"1, 3, 5", "500, 7, 6", "1024, 2, 9", "1025, 4, 4", "2500, 3, 7"})
  void sumsAndSizesAreThoseOfTheProducts(int rows, int out, int in) {
    SplittableRandom random = new SplittableRandom(rows);
    Matrix delta = Matrix.gaussian(rows, out, random);
    Matrix x = Matrix.gaussian(rows, in, random);
    UpdateMemory memory = new UpdateMemory(out, in, 2);
    UpdateMemory.Update update = memory.put(5, new Factors(delta, x), rows);
    double size = 0;
    double[] gradient = new double[out * in];
    for (int b = 0; b < rows; b++) {
      size += delta.rows(b, 1).frobeniusNorm() * x.rows(b, 1).frobeniusNorm();
      for (int i = 0; i < out; i++) {
        for (int j = 0; j < in; j++) {
          gradient[i * in + j] += (double) delta.get(b, i) * x.get(b, j);
        }
      }
    }
    assertThat(update.size()).isCloseTo(size, within(1e-9 * size));
    double norm = 0;
    for (double g : gradient) {
      norm += g * g;
    }
    try (UpdateSum sum = new UpdateSum(out, in)) {
      sum.subtract(0.5, update);
      sum.subtract(0.25, memory.get(5));
      assertThat(sum.norm()).isCloseTo(0.75 * Math.sqrt(norm), within(1e-9 * Math.sqrt(norm)));
      Matrix scaled = sum.scaled();
      double largest = 0;
      for (int i = 0; i < gradient.length; i++) {
        largest = Math.max(largest, Math.abs(scaled.toArray()[i]));
        assertThat(scaled.toArray()[i] * gradient[0])
            .isCloseTo(scaled.toArray()[0] * gradient[i], within(1e-5 * size));
      }
      assertThat(largest).isBetween(1.0, 2.0);
    }
  }

  /** Single precision would leave 0 to 3 of the smallest number that it has. */
  @Test
  void theRankOfNumbersTooSmallForSinglePrecisionIsKept() {
    Factors one = new Factors(Matrix.of(1, 3, 1, 2, 3), Matrix.of(1, 4, 0.5f, -0.7f, 0.3f, 1));
    UpdateMemory memory = new UpdateMemory(3, 4, 1);
    try (UpdateSum sum = new UpdateSum(3, 4)) {
      sum.subtract(1e-45, memory.put(1, one, 1));
      assertThat(Spectrum.of(sum.scaled()).rank(new RankRule.Numerical())).isEqualTo(1);
    }
  }

  @Test
  void whatIsOverwrittenIsForgotten() {
    Factors one = new Factors(Matrix.of(1, 1, 1), Matrix.of(1, 1, 1));
    UpdateMemory memory = new UpdateMemory(1, 1, 2);
    for (int step = 1; step <= 3; step++) {
      memory.put(step, one, 1);
    }
    assertThat(memory.get(2).count()).isEqualTo(1);
    assertThatThrownBy(() -> memory.get(1))
        .hasMessage("gradient of step 1: expected it among the last 2 remembered, found another");
  }
}
