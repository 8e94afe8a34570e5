package io.rankfall.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks that a command can write where it is told to before it works for minutes. */
final class OutputFolder {
  private OutputFolder() {}

  /**
   * Makes the folder if it is missing.
   *
   * @throws IOException in one line, if it is a file or cannot be written to
   */
  static void require(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new IOException("%s: expected a folder, found a file".formatted(folder));
    }
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, ".writable", ".part"));
    } catch (IOException e) {
      throw new IOException(
          "%s: expected a folder that can be written to, found %s"
              .formatted(folder, e.getClass().getSimpleName()),
          e);
    }
  }
}
