package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Files packed by gzip. */
final class GzipFile {
  private GzipFile() {}

  /**
   * The content of a file of the class path whose own SHA-256 is known.
   *
   * @throws DataFormatException if it is missing or another file
   */
  static byte[] ofClassPath(String path, String expectedSha256) throws IOException {
    try (InputStream in = GzipFile.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new DataFormatException(
            "%s: expected on the class path, found nothing".formatted(path));
      }
      return unzip(path.substring(path.lastIndexOf('/') + 1), in.readAllBytes(), expectedSha256);
    }
  }

  /**
   * The content of a file whose own SHA-256 is known.
   *
   * @throws DataFormatException if it has another hash or is no gzip file
   */
  static byte[] unzip(String name, byte[] compressed, String expectedSha256) throws IOException {
    String found = Hash.of(compressed);
    if (!found.equals(expectedSha256)) {
      throw new DataFormatException(
          "%s: expected SHA-256 %s, found %s".formatted(name, expectedSha256, found));
    }
    return unzip(name, compressed);
  }

  /**
   * The content of a file.
   *
   * @throws DataFormatException if it is no gzip file
   */
  static byte[] unzip(String name, byte[] compressed) throws IOException {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
      return Limit.readAll(name, in);
    } catch (EOFException | ZipException e) {
      DataFormatException refusal =
          new DataFormatException(
              "%s: expected a complete gzip file, found %d other bytes"
                  .formatted(name, compressed.length));
      refusal.initCause(e);
      throw refusal;
    }
  }
}
