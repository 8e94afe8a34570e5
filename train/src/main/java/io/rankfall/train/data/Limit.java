package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import java.io.IOException;
import java.io.InputStream;

/** How much of a file is read: never more than the memory can hold, whatever the file says. */
final class Limit {
  private Limit() {}

  /** What one file may take, unpacked: half of the heap, and what an array can hold. */
  static int bytes() {
    return (int) Math.min(Runtime.getRuntime().maxMemory() / 2, Integer.MAX_VALUE - 64);
  }

  /**
   * @param name what messages call it
   * @throws DataFormatException if so many bytes are more than memory allows
   */
  static void require(String name, long count) throws DataFormatException {
    if (count > bytes()) {
      throw new DataFormatException(
          "%s: expected at most %d MiB unpacked (half of the heap, java -Xmx), found %d"
              .formatted(name, bytes() >> 20, count >> 20));
    }
  }

  /**
   * All that is left of a stream.
   *
   * @param name what messages call it
   * @throws DataFormatException if it is more than memory allows
   */
  static byte[] read(String name, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(bytes());
    if (bytes.length == bytes() && in.read() >= 0) {
      throw new DataFormatException(
          "%s: expected at most %d MiB unpacked (half of the heap, java -Xmx), found more"
              .formatted(name, bytes() >> 20));
    }
    return bytes;
  }
}
