package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Rounding to 16 bits: every number of a type is kept, between two of them the nearer is taken. */
class ElementTypeTest {
  private static short bits(ElementType type, float value) {
    ByteBuffer bytes = ByteBuffer.allocate(2);
    type.put(bytes, value);
    return bytes.getShort(0);
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"F16", "BF16"})
  void everyNumberIsKept(ElementType type) {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = type.ofBits((short) bits);
      if (Float.isNaN(value)) {
        assertThat(type.rounded(value)).isNaN();
      } else {
        assertThat(bits(type, value)).isEqualTo((short) bits);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"F16", "BF16"})
  void betweenTwoTheNearerIsTakenAndTheEvenOneInTheMiddle(ElementType type) {
    SplittableRandom random = new SplittableRandom(1);
    for (int bits = 0; Float.isFinite(type.ofBits((short) (bits + 1))); bits++) {
      double low = type.ofBits((short) bits);
      double high = type.ofBits((short) (bits + 1));
      double middle = (low + high) / 2;
      assertThat(bits(type, (float) middle)).isEqualTo((short) (bits % 2 == 0 ? bits : bits + 1));
      float between = (float) (low + random.nextDouble() * (high - low));
      int nearer = between < middle ? bits : bits + 1;
      if (between != (float) middle) {
        assertThat(bits(type, between)).isEqualTo((short) nearer);
        assertThat(bits(type, -between)).isEqualTo((short) (nearer | 0x8000));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "F16, 65519.996, 65504",
    "F16, 65520, Infinity",
    "F16, -1e30, -Infinity",
    "F16, 2.98e-8, 0",
    "F16, 2.99e-8, 5.9604645e-8",
    "BF16, 3.4028235e38, Infinity",
    "BF16, 1.0039062, 1",
    "BF16, 1.0117188, 1.015625",
    "F32, 1.0000001, 1.0000001",
    "F64, 1.0000001, 1.0000001",
  })
  void endsAndMiddles(ElementType type, float value, float expected) {
    assertThat(type.rounded(value)).isEqualTo(expected);
  }
}
