package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MetricTest {
  private static final Rows OUTPUTS =
      Rows.of(
          7, //
          9, 1, 2, 3, 4, 5, 6, //
          0, 1, 2, 3, 4, 5, 6, //
          7, 7, 7, 7, 7, 7, 7);

  @Test
  void accuracyCountsTheLargestEntry() {
    assertThat(Metric.ACCURACY.score().applyAsDouble(OUTPUTS, Rows.of(1, 0, 6, 0))).isEqualTo(1);
    assertThat(Metric.ACCURACY.score().applyAsDouble(OUTPUTS, Rows.of(1, 0, 5, 3)))
        .isCloseTo(1 / 3.0, within(1e-12));
  }

  @Test
  void topFiveCountsTheFiveLargestAndTheFirstOfEquals() {
    assertThat(Metric.TOP_5.score().applyAsDouble(OUTPUTS, Rows.of(1, 3, 2, 4))).isEqualTo(1);
    assertThat(Metric.TOP_5.score().applyAsDouble(OUTPUTS, Rows.of(1, 1, 1, 5))).isZero();
  }

  @Test
  void notANumberIsNeverRight() {
    Rows nan = Rows.of(2, Float.NaN, Float.NaN);
    assertThat(Metric.ACCURACY.score().applyAsDouble(nan, Rows.of(1, 0))).isZero();
  }

  @Test
  void determinationIsOneMinusErrorOverVariance() {
    Rows labels = Rows.of(1, 1, 2, 3, 6);
    assertThat(Metric.R2.score().applyAsDouble(labels, labels)).isEqualTo(1);
    assertThat(Metric.R2.score().applyAsDouble(Rows.of(1, 3, 3, 3, 3), labels))
        .isCloseTo(0, within(1e-12));
    assertThat(Metric.R2.score().applyAsDouble(Rows.of(1, 1, 2, 3, 4), labels))
        .isCloseTo(1 - 4 / 14.0, within(1e-12));
  }

  @Test
  void labelsThatAreNoClassesAreRefused() {
    for (float wrong : new float[] {-1, 7, 0.5f, Float.NaN}) {
      assertThatThrownBy(
              () -> Metric.ACCURACY.score().applyAsDouble(OUTPUTS, Rows.of(1, 0, wrong, 0)))
          .hasMessageContaining("label 1: expected a class from 0 to 6, found " + wrong);
    }
  }

  @Test
  void changeIsRelativeToTheDenseOutputs() {
    Rows dense = Rows.of(2, 3, 4, 0, 0, 1, 0);
    Rows found = Rows.of(2, 4, 3, 0, 0, 0, 2);
    OutputChange change = OutputChange.between(dense, found);
    assertThat(change.relative()).isCloseTo(Math.sqrt((2 + 5) / 26.0), within(1e-12));
    assertThat(change.cosine()).isCloseTo((24 / 25.0 + 1 + 0) / 3, within(1e-12));
    assertThat(change.agreement()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(OutputChange.between(dense, dense)).isEqualTo(new OutputChange(0, 1, 1));
  }
}
