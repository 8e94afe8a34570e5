package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

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
      throw tooMuch(name, bytes(), (count >> 20) + " MiB");
    }
  }

  private static DataFormatException tooMuch(String name, int most, String found) {
    return new DataFormatException(
        "%s: expected at most %d MiB unpacked (by the heap, java -Xmx), found %s"
            .formatted(name, most >> 20, found));
  }

  /** The content of a file. */
  static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(file.toString(), in, Files.size(file));
    }
  }

  /**
   * The next bytes of a stream.
   *
   * @param name what messages call it
   * @throws DataFormatException if they are more than memory allows, or if there are fewer
   */
  static byte[] read(String name, InputStream in, long count) throws IOException {
    require(name, count);
    byte[] bytes = new byte[(int) count];
    int found = in.readNBytes(bytes, 0, bytes.length);
    if (found < count) {
      throw new DataFormatException(
          "%s: expected %d bytes, found %d".formatted(name, count, found));
    }
    return bytes;
  }

  /**
   * All that is left of a stream: at most a quarter of the heap, for growing takes as much again.
   *
   * @param name what messages call it
   * @throws DataFormatException if it is more than memory allows
   */
  static byte[] readAll(String name, InputStream in) throws IOException {
    int most = bytes() / 2;
    byte[] bytes = in.readNBytes(most);
    if (bytes.length == most && in.read() >= 0) {
      throw tooMuch(name, most, "more");
    }
    return bytes;
  }
}
