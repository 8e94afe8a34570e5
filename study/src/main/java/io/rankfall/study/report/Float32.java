package io.rankfall.study.report;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.stream.DoubleStream;

/**
 * Many numbers as one JSON string: single precision, little-endian, Base64. NaN stands for none.
 */
final class Float32 {
  private Float32() {}

  static String base64(DoubleStream numbers) {
    double[] values = numbers.toArray();
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      bytes.putFloat((float) value);
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
