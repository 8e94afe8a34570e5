package io.rankfall.compress;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.spectra.Matrix;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A file of named tensors in the safetensors format: eight bytes of header length (little-endian),
 * a JSON header, the data. Reading checks the header; numbers are read tensor by tensor.
 */
public final class SafetensorsFile {
  /** Of the format, 100 MB; a parsed header takes some 25 times its bytes of the heap. */
  static final long LONGEST_HEADER =
      Math.min(100_000_000, Math.max(1 << 20, Runtime.getRuntime().maxMemory() / 64));

  static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Path path;
  private final long dataStart;
  private final List<Entry> entries;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      Path path, long dataStart, List<Entry> entries, Map<String, String> metadata) {
    this.path = path;
    this.dataStart = dataStart;
    this.entries = List.copyOf(entries);
    this.metadata = Map.copyOf(metadata);
  }

  /**
   * A tensor in the file.
   *
   * @param type for example {@code F32}
   * @param begin its first byte, counted from the end of the header
   * @param end behind its last byte
   */
  public record Entry(String name, String type, List<Long> shape, long begin, long end) {
    public Entry {
      shape = List.copyOf(shape);
    }

    /** How many numbers it holds. */
    public long count() {
      return shape.stream().reduce(1L, (a, b) -> a * b);
    }

    /** Whether {@link #floats} reads it: F64, F32, F16, BF16, F8_E4M3 or F8_E5M2. */
    public boolean isFloating() {
      return ElementType.ofSafetensors(type).isFloating();
    }
  }

  /**
   * Reads the header.
   *
   * @throws ModelFormatException in one line, if lengths, offsets or shapes contradict each other
   *     or the size of the file
   */
  public static SafetensorsFile read(Path path) throws IOException {
    String file = path.toString();
    long size = FileBytes.size(path);
    try (FileChannel channel = FileChannel.open(path)) {
      if (size < 8) {
        throw new ModelFormatException(file, "header length", "8 bytes", size + " bytes");
      }
      long length = bytes(channel, file, 0, 8).getLong();
      long most = Math.min(LONGEST_HEADER, size - 8);
      if (length < 2 || length > most) {
        throw new ModelFormatException(
            file, "header length", "2 to " + most, Long.toUnsignedString(length));
      }
      byte[] header = bytes(channel, file, 8, (int) length).array();
      JsonNode json = json(file, header);
      SafetensorsHeader parsed = new SafetensorsHeader(file, json, size - 8 - length);
      return new SafetensorsFile(path, 8 + length, parsed.entries(), parsed.metadata());
    }
  }

  private static JsonNode json(String file, byte[] header) throws IOException {
    try {
      return JSON.readTree(header);
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(
          file, "header", "a JSON object", String.valueOf(e.getOriginalMessage()));
    } catch (CharConversionException e) {
      throw new ModelFormatException(file, "header", "UTF-8", String.valueOf(e.getMessage()));
    }
  }

  /** All tensors, in the order of their data. */
  public List<Entry> entries() {
    return entries;
  }

  public Map<String, String> metadata() {
    return metadata;
  }

  /** How many numbers the floating-point tensors hold. */
  public long parameters() {
    return entries.stream().filter(Entry::isFloating).mapToLong(Entry::count).sum();
  }

  /** The numbers of a {@link Entry#isFloating floating-point} tensor, in single precision. */
  public float[] floats(Entry entry) throws IOException {
    if (!entry.isFloating() || entry.count() > Integer.MAX_VALUE - 8) {
      throw new ModelFormatException(
          path.toString(),
          "tensor " + entry.name(),
          "fewer than 2³¹ floating-point numbers",
          "%s %s".formatted(entry.type(), Tensors.shape(entry.shape())));
    }
    float[] values = new float[(int) entry.count()];
    try (NumberReader numbers = stored(entry).numbers()) {
      numbers.read(values, 0, values.length, 1);
    }
    return values;
  }

  /** Where the numbers of a tensor are. */
  StoredTensor stored(Entry entry) {
    return new StoredTensor(
        entry.name(),
        ElementType.ofSafetensors(entry.type()),
        entry.shape(),
        new FileRegion(path, dataStart + entry.begin(), entry.end() - entry.begin()),
        StoredTensor.Packing.FIXED);
  }

  private static ByteBuffer bytes(FileChannel channel, String file, long from, int count)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new ModelFormatException(
            file, "byte " + from, count + " bytes", buffer.position() + " bytes");
      }
    }
    return buffer.flip();
  }

  /** A tensor to write. */
  public static final class Tensor {
    private final List<Long> shape;
    private final Supplier<float[]> values;

    private Tensor(List<Long> shape, Supplier<float[]> values) {
      this.shape = List.copyOf(shape);
      this.values = values;
    }

    /**
     * A tensor of the given numbers, which are copied.
     *
     * @param values as many as the shape says, row by row
     */
    public static Tensor of(List<Long> shape, float... values) {
      if (Tensors.product(shape) != values.length) {
        throw new IllegalArgumentException(
            "tensor %s: expected %d numbers, found %d"
                .formatted(Tensors.shape(shape), Tensors.product(shape), values.length));
      }
      float[] copy = values.clone();
      return new Tensor(shape, () -> copy);
    }

    /** The matrix, copied when it is written: so many at once are not held twice. */
    public static Tensor of(Matrix matrix) {
      return new Tensor(List.of((long) matrix.rows(), (long) matrix.cols()), matrix::toArray);
    }

    private long bytes() {
      return 4 * Tensors.product(shape);
    }
  }

  /** Writes F32 tensors in the order of their names; see {@link AtomicFile}. */
  public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    if (tensors.containsKey(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException(
          "tensor name: expected one other than " + SafetensorsHeader.METADATA);
    }
    List<SafetensorsWriter.Group> groups = new ArrayList<>();
    new TreeMap<>(tensors)
        .forEach(
            (name, tensor) ->
                groups.add(
                    new SafetensorsWriter.Group(
                        List.of(
                            new SafetensorsWriter.Slot(name, "F32", tensor.shape, tensor.bytes())),
                        out -> {
                          byte[] bytes = new byte[Math.toIntExact(tensor.bytes())];
                          little(bytes).asFloatBuffer().put(tensor.values.get());
                          out.write(bytes);
                        })));
    SafetensorsWriter.write(path, groups, metadata);
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
