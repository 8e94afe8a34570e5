package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files of a data set, which may lie in any of several folders.
 *
 * @param what messages call it
 * @param folders in the order in which they are searched
 * @param sha256 of files by their names, where they are known
 */
record FolderFiles(String what, List<Path> folders, Map<String, String> sha256) {
  FolderFiles {
    folders = List.copyOf(folders);
    sha256 = Map.copyOf(sha256);
  }

  /** Those of a folder and its subfolders of these names, of unknown hashes. */
  static FolderFiles of(Path folder, List<String> subfolders) {
    return new FolderFiles(
        folder.toString(), subfolders.stream().map(folder::resolve).toList(), Map.of());
  }

  /** The first file that has one of the names. */
  @Nullable Path find(String... names) {
    for (Path folder : folders) {
      for (String name : names) {
        Path file = folder.resolve(name);
        if (Files.isRegularFile(file)) {
          return file;
        }
      }
    }
    return null;
  }

  /** As {@link #find}, but a missing file is refused. */
  Path require(String... names) throws DataFormatException {
    Path found = find(names);
    if (found == null) {
      throw new DataFormatException(
          "%s: expected %s in %s, found nothing"
              .formatted(what, String.join(" or ", names), folders.get(0)));
    }
    return found;
  }

  /**
   * The file, if it is what was published; what nobody has published a hash of is not held against
   * one.
   *
   * @throws DataFormatException if it has another hash
   */
  Path verified(Path file) throws IOException {
    String expected = sha256.get(file.getFileName().toString());
    if (expected != null) {
      requireHash(file, expected);
    }
    return file;
  }

  /**
   * @throws DataFormatException if a file has another SHA-256
   */
  static void requireHash(Path file, String expected) throws IOException {
    MessageDigest digest = Hash.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(expected)) {
      throw new DataFormatException(
          "%s: expected SHA-256 %s, found %s".formatted(file, expected, found));
    }
  }
}
