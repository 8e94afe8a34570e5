package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MatrixTest {
  private final Matrix a = Matrix.of(2, 3, 1, 2, 3, 4, 5, 6);

  @Test
  void multipliesTransposesAndSubtracts() {
    assertThat(a.times(a.transposed())).isEqualTo(Matrix.of(2, 2, 14, 32, 32, 77));
    assertThat(a.transposed()).isEqualTo(Matrix.of(3, 2, 1, 4, 2, 5, 3, 6));
    assertThat(a.minus(a)).isEqualTo(Matrix.of(2, 3, new float[6]));
    assertThat(a.get(1, 0)).isEqualTo(4);
    assertThat(a.frobeniusNorm()).isEqualTo(Math.sqrt(91));
  }

  @Test
  void doesNotShareItsNumbers() {
    float[] values = {1, 2};
    Matrix m = Matrix.of(1, 2, values);
    values[0] = 9;
    m.toArray()[1] = 9;
    assertThat(m).isEqualTo(Matrix.of(1, 2, 1, 2));
  }

  @Test
  void refusesImpossibleShapes() {
    assertThatThrownBy(() -> Matrix.of(2, 2, 1))
        .hasMessage("matrix 2x2: expected 4 numbers, found 1");
    assertThatThrownBy(() -> Matrix.of(0, 2)).hasMessageContaining("found 0x2");
    assertThatThrownBy(() -> a.times(a))
        .hasMessage("product: expected 3 rows on the right, found 2");
    assertThatThrownBy(() -> a.minus(a.transposed()))
        .hasMessage("difference: expected 2x3, found 3x2");
    assertThatThrownBy(() -> a.get(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> new LowRank(a, a)).hasMessageContaining("inner dimensions");
  }

  @Test
  void isFilledInPlaceAndCutIntoRows() {
    Matrix filled =
        Matrix.filled(
            3,
            2,
            values -> {
              for (int i = 0; i < values.length; i++) {
                values[i] = i;
              }
            });
    assertThat(filled).isEqualTo(Matrix.of(3, 2, 0, 1, 2, 3, 4, 5));
    assertThat(filled.rows(1, 2)).isEqualTo(Matrix.of(2, 2, 2, 3, 4, 5));
    assertThatThrownBy(() -> filled.rows(2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Matrix.filled(1 << 20, 1 << 20, values -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
