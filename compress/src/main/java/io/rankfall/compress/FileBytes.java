package io.rankfall.compress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whole files, refused in one line when that is impossible. */
final class FileBytes {
  private FileBytes() {}

  static byte[] read(Path path) throws IOException {
    long size = size(path);
    if (size > Integer.MAX_VALUE - 8) {
      throw new ModelFormatException(path.toString(), "file", "less than 2 GiB", size + " bytes");
    }
    return Files.readAllBytes(path);
  }

  static long size(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new ModelFormatException(path.toString(), "file", "a file", "nothing");
    }
    if (!Files.isRegularFile(path)) {
      throw new ModelFormatException(path.toString(), "file", "a file", "a directory or device");
    }
    if (!Files.isReadable(path)) {
      throw new ModelFormatException(path.toString(), "file", "a readable file", "access denied");
    }
    return Files.size(path);
  }
}
