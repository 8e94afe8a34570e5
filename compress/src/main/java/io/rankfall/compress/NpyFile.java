package io.rankfall.compress;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An array in NumPy's NPY format, versions 1 to 3 (NEP 1): little-endian {@code f4}, {@code f8},
 * {@code f2}, {@code i4}, {@code i8}, {@code u1} and {@code b1} in C order.
 */
public final class NpyFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int LONGEST_HEADER = 1 << 16;

  /** An array of Java has no more. */
  private static final long MOST_BYTES = Integer.MAX_VALUE - 8;

  private static final Pattern DESCR = Pattern.compile("'descr'\\s*+:\\s*+'([^']{1,16})'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*+:\\s*+(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*+:\\s*+\\(([0-9, ]*+)\\)");

  private final String file;
  private final NdArray array;

  private NpyFile(String file, NdArray array) {
    this.file = file;
    this.array = array;
  }

  /**
   * The arrays of an {@code npz} file by their names.
   *
   * @throws ModelFormatException if the file is damaged, or an array is as {@link #read} refuses it
   */
  public static Map<String, NpyFile> npz(Path path) throws IOException {
    Map<String, NpyFile> named = new LinkedHashMap<>();
    new InputFiles(Runtime.getRuntime().maxMemory() / 2)
        .arrays(path)
        .forEach((name, array) -> named.put(name, new NpyFile(path + ": " + name, array)));
    return named;
  }

  /**
   * Reads the whole file.
   *
   * @throws ModelFormatException if the header is damaged, names another type or Fortran order, or
   *     promises other than the bytes that follow
   */
  public static NpyFile read(Path path) throws IOException {
    return read(path, Runtime.getRuntime().maxMemory() / 2);
  }

  /**
   * @param most the array may take so many bytes
   */
  static NpyFile read(Path path, long most) throws IOException {
    FileBytes.size(path);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
      return parse(path.toString(), in, most);
    }
  }

  /**
   * Nothing is allocated for the numbers before the header says how many there are.
   *
   * @param file what messages call it
   * @param in ends with the array
   * @param most the array may take so many bytes
   */
  static NpyFile parse(String file, InputStream in, long most) throws IOException {
    String header = header(file, in);
    String descr = field(file, header, DESCR, "'descr'");
    NdArray.Type type =
        NdArray.Type.of(descr)
            .orElseThrow(
                () ->
                    new ModelFormatException(
                        file, "header", "<f4, <f8, <f2, <i4, <i8, |u1 or |b1", descr));
    if (field(file, header, ORDER, "'fortran_order'").equals("True")) {
      throw new ModelFormatException(
          file, "header", "C order (numpy.ascontiguousarray)", "Fortran order");
    }
    List<Integer> shape = shape(file, field(file, header, SHAPE, "'shape'"));
    long bytes = type.bytes();
    for (int dim : shape) {
      if (dim == 0) {
        throw new ModelFormatException(file, "shape", "dimensions above 0", shape.toString());
      }
      // Both factors are below 2³² here.
      bytes = Math.min(MOST_BYTES + 1, bytes * dim);
    }
    if (bytes > Math.min(most, MOST_BYTES)) {
      throw new ModelFormatException(
          file,
          "shape",
          "at most %d MiB".formatted(Math.min(most, MOST_BYTES) >> 20),
          "%s of type %s".formatted(shape, descr));
    }
    byte[] data = new byte[(int) bytes];
    int read = in.readNBytes(data, 0, data.length);
    if (read < data.length || in.read() >= 0) {
      throw new ModelFormatException(
          file,
          "data",
          "%s of type %s".formatted(shape, descr),
          (read < data.length ? read : "more than " + read) + " bytes");
    }
    return new NpyFile(file, new NdArray(type, shape, ByteBuffer.wrap(data)));
  }

  /** The dimensions, none of them 0. */
  public List<Integer> shape() {
    return array.shape();
  }

  /** The array as it is, of at least one dimension. */
  NdArray array() throws ModelFormatException {
    if (shape().isEmpty()) {
      throw new ModelFormatException(file, "shape", "at least one dimension", "a single number");
    }
    return array;
  }

  /** The array as rows: the first dimension counts them, the others make up the width. */
  public Rows rows() throws ModelFormatException {
    return Rows.owning(array().width(), array.toFloats());
  }

  /** A copy of all numbers in C order, if they are unsigned bytes. */
  public Optional<byte[]> unsignedBytes() {
    return array.unsignedBytes();
  }

  /** All numbers in C order. */
  public float[] floats() {
    return array.toFloats();
  }

  /**
   * The array as class labels, one a row.
   *
   * @throws ModelFormatException if it has more than one number a row, or one that is no label
   */
  public int[] labels() throws ModelFormatException {
    if (shape().isEmpty() || array.count() != array.size()) {
      throw new ModelFormatException(file, "shape", "one label a row", shape().toString());
    }
    int[] labels = new int[array.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (int) array.real(i);
      if (labels[i] != array.real(i) || labels[i] < 0) {
        throw new ModelFormatException(
            file, "row " + i, "a label 0, 1, …", (float) array.real(i) + "");
      }
    }
    return labels;
  }

  private static String header(String file, InputStream in) throws IOException {
    byte[] start = in.readNBytes(8);
    if (start.length < 8) {
      throw new ModelFormatException(file, "start", "an NPY header", start.length + " bytes");
    }
    if (!Arrays.equals(Arrays.copyOf(start, MAGIC.length), MAGIC)) {
      throw new ModelFormatException(file, "start", "the NPY magic number", "other bytes");
    }
    int version = start[MAGIC.length];
    if (version < 1 || version > 3) {
      throw new ModelFormatException(file, "version", "1, 2 or 3", version + "");
    }
    byte[] count = new byte[4];
    int width = version == 1 ? 2 : 4;
    int there = in.readNBytes(count, 0, width);
    long length = ByteBuffer.wrap(count).order(ByteOrder.LITTLE_ENDIAN).getInt() & 0xffffffffL;
    if (there < width || length > LONGEST_HEADER) {
      throw new ModelFormatException(
          file, "header length", "at most " + LONGEST_HEADER, there < width ? "none" : length + "");
    }
    byte[] header = in.readNBytes((int) length);
    if (header.length < length) {
      throw new ModelFormatException(file, "header", length + " bytes", header.length + " bytes");
    }
    return new String(header, version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
  }

  private static String field(String file, String header, Pattern pattern, String name)
      throws ModelFormatException {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new ModelFormatException(file, "header", "the field " + name, header);
    }
    return matcher.group(1);
  }

  private static List<Integer> shape(String file, String text) throws ModelFormatException {
    List<Integer> shape = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (part.isBlank()) {
        continue;
      }
      try {
        shape.add(Integer.parseInt(part.strip()));
      } catch (NumberFormatException e) {
        throw new ModelFormatException(file, "shape", "dimensions below 2³¹", part);
      }
    }
    return List.copyOf(shape);
  }
}
