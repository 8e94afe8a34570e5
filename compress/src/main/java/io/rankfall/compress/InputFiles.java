package io.rankfall.compress;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads arrays from {@code npy} and {@code npz} files. How large they are is what their headers
 * say, never what the zip file says, and is held against the heap before anything is unpacked.
 */
final class InputFiles {
  private long room;

  /**
   * @param room the arrays of all files together may take so many bytes
   */
  InputFiles(long room) {
    this.room = room;
  }

  /** The array of an {@code npy} file. */
  NdArray npy(Path path) throws IOException {
    return counted(NpyFile.read(path, room).array());
  }

  /** The arrays of an {@code npz} file by their names, all with the same first dimension. */
  Map<String, NdArray> npz(Path path) throws IOException {
    Map<String, NdArray> arrays = arrays(path);
    requireEqualCounts(path.toString(), arrays);
    return arrays;
  }

  /** The arrays of an {@code npz} file by their names. */
  Map<String, NdArray> arrays(Path path) throws IOException {
    String file = path.toString();
    FileBytes.size(path);
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(path.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        String name = entry.getName().replaceFirst("\\.npy$", "");
        if (arrays.put(name, array(file + ": " + name, zip, entry)) != null) {
          throw new ModelFormatException(file, name, "one array of this name", "two");
        }
      }
    } catch (ZipException | EOFException | IllegalArgumentException e) {
      // The last one comes of names that are no text.
      throw new ModelFormatException(
          file, "content", "an npz file", String.valueOf(e.getMessage()));
    }
    return arrays;
  }

  private NdArray array(String name, ZipFile zip, ZipEntry entry) throws IOException {
    CRC32 sum = new CRC32();
    try (CheckedInputStream bytes = new CheckedInputStream(zip.getInputStream(entry), sum)) {
      NdArray array = counted(NpyFile.parse(name, bytes, room).array());
      if (entry.getCrc() != -1 && entry.getCrc() != sum.getValue()) {
        throw new ModelFormatException(
            name,
            "content",
            "the checksum %08x".formatted(entry.getCrc()),
            "%08x".formatted(sum.getValue()));
      }
      return array;
    }
  }

  private NdArray counted(NdArray array) {
    room -= (long) array.size() * array.type().bytes();
    return array;
  }

  private static void requireEqualCounts(String file, Map<String, NdArray> arrays)
      throws ModelFormatException {
    if (arrays.isEmpty()) {
      throw new ModelFormatException(file, "content", "arrays", "none");
    }
    Map.Entry<String, NdArray> first = arrays.entrySet().iterator().next();
    for (Map.Entry<String, NdArray> array : arrays.entrySet()) {
      if (array.getValue().count() != first.getValue().count()) {
        throw new ModelFormatException(
            file,
            array.getKey(),
            "%d examples, as %s has".formatted(first.getValue().count(), first.getKey()),
            array.getValue().count() + "");
      }
    }
  }

  /** The arrays of each {@code npz} file of a folder, in the order of their names. */
  List<Map<String, NdArray>> folder(Path path) throws IOException {
    List<Path> files;
    try (Stream<Path> listed = Files.list(path)) {
      files = listed.filter(f -> f.toString().endsWith(".npz")).sorted().toList();
    }
    if (files.isEmpty()) {
      throw new ModelFormatException(path.toString(), "folder", "npz files", "none");
    }
    List<Map<String, NdArray>> parts = new ArrayList<>();
    for (Path file : files) {
      parts.add(npz(file));
    }
    return parts;
  }
}
