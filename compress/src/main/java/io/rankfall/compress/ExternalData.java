package io.rankfall.compress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The data files beside a model. A file names them, and a file can come from anybody: what is
 * outside the model's folder is refused, also when a symbolic link leads there.
 */
final class ExternalData {
  private ExternalData() {}

  /**
   * Where the numbers of an ONNX tensor with external data are.
   *
   * @param entries the tensor's {@code external_data}: location, and perhaps offset and length
   * @param bytes how many the tensor needs
   */
  static FileRegion region(Path model, Map<String, String> entries, long bytes, String where)
      throws IOException {
    String location = entries.get("location");
    if (location == null || location.isBlank()) {
      throw new ModelFormatException(
          model.toString(), where, "a location of its external data", "none");
    }
    Path data = beside(model, location, where);
    long offset = number(model, where, "offset", entries.get("offset"), 0);
    long length = number(model, where, "length", entries.get("length"), bytes);
    long size = FileBytes.size(data);
    if (offset > size || length > size - offset) {
      throw new ModelFormatException(
          model.toString(),
          where,
          "bytes %d to %d of %s".formatted(offset, offset + length, data.getFileName()),
          "a file of %d bytes".formatted(size));
    }
    return new FileRegion(data, offset, length);
  }

  /**
   * The file of the given name in the folder of the model or below.
   *
   * @throws ModelFormatException if there is none, or it is elsewhere
   */
  static Path beside(Path model, String location, String where) throws IOException {
    Path folder = model.toAbsolutePath().normalize().getParent();
    Path data = relative(location);
    if (folder == null || data == null || data.isAbsolute() || climbs(data)) {
      throw outside(model, location, where);
    }
    Path found = folder.resolve(data);
    if (!Files.exists(found)) {
      throw new ModelFormatException(
          model.toString(), where, "its data in " + found, "no such file");
    }
    // A model that is itself a link, as in download caches, has its data beside where it leads.
    Path home = model.toRealPath().getParent();
    if (home == null || !found.toRealPath().startsWith(home)) {
      throw outside(model, location, where);
    }
    return found;
  }

  private static @Nullable Path relative(String location) {
    try {
      return Path.of(location);
    } catch (InvalidPathException e) {
      return null;
    }
  }

  private static boolean climbs(Path path) {
    for (Path part : path) {
      if (part.toString().equals("..")) {
        return true;
      }
    }
    return false;
  }

  private static ModelFormatException outside(Path model, String location, String where) {
    return new ModelFormatException(
        model.toString(), where, "its data inside the model's folder", location);
  }

  private static long number(
      Path model, String where, String name, @Nullable String text, long absent)
      throws ModelFormatException {
    if (text == null) {
      return absent;
    }
    try {
      long number = Long.parseLong(text.strip());
      // Half of the range, so that sums do not overflow.
      if (number >= 0 && number <= Long.MAX_VALUE / 2) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new ModelFormatException(
        model.toString(), where, name + " of external data as a number >= 0", text);
  }
}
