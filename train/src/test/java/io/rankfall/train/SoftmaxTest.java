package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class SoftmaxTest {
  @Test
  void theLargestLogitWinsTheFirstOfEqualsAndNeverOneThatIsNoNumber() {
    assertThat(Softmax.argmax(new float[] {9, 1, 3, 3, 2}, 1, 4)).isEqualTo(1);
    assertThat(Softmax.argmax(new float[] {Float.NaN, -1, 2}, 0, 3)).isEqualTo(2);
    assertThat(Softmax.argmax(new float[] {1, Float.NaN, 0}, 0, 3)).isEqualTo(0);
    assertThat(Softmax.argmax(new float[] {Float.NaN, Float.NaN}, 0, 2)).isEqualTo(0);
  }

  @Test
  void hugeLogitsNeitherOverflowNorVanish() {
    float[] logits = {1000, 999, -1000};

    assertThat(Softmax.crossEntropy(logits, 0, 3, 1))
        .isCloseTo(1 + Math.log1p(Math.exp(-1)), within(1e-9));
    assertThat(Softmax.gradient(logits, 0, 3, 1, 0.5)).isGreaterThan(1.3);
    assertThat(logits[0] + logits[1] + logits[2]).isCloseTo(0, within(1e-7f));
    assertThat(logits[0]).isCloseTo((float) (0.5 / (1 + Math.exp(-1))), within(1e-7f));
  }

  @Test
  void aLogitThatIsNoNumberMakesTheLossNone() {
    assertThat(Softmax.crossEntropy(new float[] {1, Float.NaN}, 0, 2, 0)).isNaN();
    assertThat(Softmax.crossEntropy(new float[] {Float.POSITIVE_INFINITY, 0}, 0, 2, 0)).isNaN();
  }
}
