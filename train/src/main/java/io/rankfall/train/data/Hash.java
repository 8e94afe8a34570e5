package io.rankfall.train.data;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of what is added, in hexadecimal digits. */
final class Hash {
  private static final int FLOATS_AT_ONCE = 1 << 14;

  private final MessageDigest digest = sha256();

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Of some bytes. */
  static String of(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  Hash add(byte[] bytes) {
    digest.update(bytes);
    return this;
  }

  /** Adds numbers as four bytes each, the highest first. */
  Hash add(int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * numbers.length);
    bytes.asIntBuffer().put(numbers);
    digest.update(bytes);
    return this;
  }

  /** Adds numbers as four bytes each, the highest first. */
  Hash add(float[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * FLOATS_AT_ONCE);
    for (int from = 0; from < numbers.length; from += FLOATS_AT_ONCE) {
      int count = Math.min(FLOATS_AT_ONCE, numbers.length - from);
      bytes.clear().asFloatBuffer().put(numbers, from, count);
      digest.update(bytes.limit(Float.BYTES * count));
    }
    return this;
  }

  /** All that was added. */
  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
