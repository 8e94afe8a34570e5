package io.rankfall.compress;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.WeightMatrix;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A file of named tensors in the safetensors format: eight bytes of header length (little-endian),
 * a JSON header, the data. Reading checks the header; numbers are read tensor by tensor.
 */
public final class SafetensorsFile {
  private static final long LONGEST_HEADER = 100_000_000;
  private static final JsonMapper JSON =
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

    /** Whether {@link #floats} reads it. */
    public boolean isFloating() {
      return switch (type) {
        case "F64", "F32", "F16", "BF16" -> true;
        default -> false;
      };
    }

    /** Why this is no weight matrix, if it is none. */
    public Optional<String> obstacle() {
      if (!isFloating()) {
        return Optional.of(
            ModelFormatException.oneLine(type) + " weights: only F64, F32, F16 and BF16 are read");
      }
      if (shape.size() != 2 || count() == 0) {
        return Optional.of("no matrix: " + Tensors.shape(shape));
      }
      return Optional.empty();
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

  /** The numbers of a tensor of type F32, F16, BF16 or F64, in single precision. */
  public float[] floats(Entry entry) throws IOException {
    String file = path.toString();
    if (!entry.isFloating() || entry.end() - entry.begin() > Integer.MAX_VALUE - 8) {
      throw new ModelFormatException(
          file,
          "tensor " + entry.name(),
          "F64, F32, F16 or BF16 below 2 GiB",
          "%s of %d bytes".formatted(entry.type(), entry.end() - entry.begin()));
    }
    try (FileChannel channel = FileChannel.open(path)) {
      ByteBuffer bytes =
          bytes(channel, file, dataStart + entry.begin(), (int) (entry.end() - entry.begin()));
      float[] values = new float[(int) entry.count()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (entry.type()) {
              case "F64" -> (float) bytes.getDouble();
              case "F32" -> bytes.getFloat();
              case "F16" -> half(bytes.getShort());
              default -> Float.intBitsToFloat(bytes.getShort() << 16);
            };
      }
      return values;
    }
  }

  /**
   * A tensor as outputs × inputs, the order in which PyTorch stores linear layers.
   *
   * @param entry one without {@link Entry#obstacle}
   */
  public WeightMatrix matrix(Entry entry) throws IOException {
    if (entry.obstacle().isPresent()) {
      throw new ModelFormatException(
          path.toString(), "tensor " + entry.name(), "a matrix", entry.obstacle().get());
    }
    return new WeightMatrix(
        ModelFormatException.oneLine(entry.name()),
        Matrix.of(entry.shape().get(0).intValue(), entry.shape().get(1).intValue(), floats(entry)));
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

  /** IEEE 754 binary16. */
  static float half(short bits) {
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    float magnitude =
        switch (exponent) {
          case 0 -> fraction * 0x1p-24f;
          case 31 -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Math.scalb(1024f + fraction, exponent - 25);
        };
    return bits < 0 ? -magnitude : magnitude;
  }

  /** A tensor to write. */
  public static final class Tensor {
    private final List<Long> shape;
    private final float[] values;

    private Tensor(List<Long> shape, float[] values) {
      this.shape = List.copyOf(shape);
      this.values = values.clone();
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
      return new Tensor(shape, values);
    }

    public static Tensor of(Matrix matrix) {
      return of(List.of((long) matrix.rows(), (long) matrix.cols()), matrix.toArray());
    }
  }

  /** Writes F32 tensors in the order of their names; see {@link AtomicFile}. */
  public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    ObjectNode header = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode properties = header.putObject(SafetensorsHeader.METADATA);
      new TreeMap<>(metadata).forEach(properties::put);
    }
    Map<String, Tensor> sorted = new TreeMap<>(tensors);
    if (sorted.containsKey(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException(
          "tensor name: expected one other than " + SafetensorsHeader.METADATA);
    }
    long begin = 0;
    for (Map.Entry<String, Tensor> entry : sorted.entrySet()) {
      long end = begin + 4L * entry.getValue().values.length;
      ObjectNode tensor = header.putObject(entry.getKey()).put("dtype", "F32");
      entry.getValue().shape.forEach(tensor.putArray("shape")::add);
      tensor.putArray("data_offsets").add(begin).add(end);
      begin = end;
    }
    byte[] json = JSON.writeValueAsBytes(header);
    // The format asks for data aligned to eight bytes and allows spaces behind the header.
    byte[] padding = " ".repeat((8 - json.length % 8) % 8).getBytes(StandardCharsets.US_ASCII);
    AtomicFile.write(
        path,
        out -> {
          byte[] length = new byte[8];
          little(length).putLong(json.length + padding.length);
          out.write(length);
          out.write(json);
          out.write(padding);
          for (Tensor tensor : sorted.values()) {
            byte[] bytes = new byte[Math.multiplyExact(4, tensor.values.length)];
            little(bytes).asFloatBuffer().put(tensor.values);
            out.write(bytes);
          }
        });
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
