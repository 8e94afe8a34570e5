package io.rankfall.compress;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** An immutable array of numbers in C order, in the type its file has. */
final class NdArray {

  /** Types of numbers, as NumPy's files and as messages name them. */
  enum Type {
    FLOAT32("<f4", 4),
    FLOAT64("<f8", 8),
    FLOAT16("<f2", 2),
    INT32("<i4", 4),
    INT64("<i8", 8),
    UINT8("|u1", 1),
    BOOL("|b1", 1);

    private final String descr;
    private final int bytes;

    Type(String descr, int bytes) {
      this.descr = descr;
      this.bytes = bytes;
    }

    static Optional<Type> of(String descr) {
      for (Type type : values()) {
        String bare = type.descr.substring(1);
        if (descr.equals(type.descr)
            || (type.bytes == 1 && (descr.equals(bare) || descr.equals("<" + bare)))) {
          return Optional.of(type);
        }
      }
      return Optional.empty();
    }

    int bytes() {
      return bytes;
    }

    boolean isFloating() {
      return this == FLOAT32 || this == FLOAT64 || this == FLOAT16;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Type type;
  private final List<Integer> shape;
  private final ByteBuffer data;

  /**
   * @param data little-endian, from position to limit; not changed afterwards
   */
  NdArray(Type type, List<Integer> shape, ByteBuffer data) {
    this.type = type;
    this.shape = List.copyOf(shape);
    this.data = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    long bytes = type.bytes;
    for (int dim : shape) {
      bytes = Math.multiplyExact(bytes, dim);
    }
    if (bytes != this.data.limit()) {
      throw new IllegalArgumentException(
          "%s array %s: expected %d bytes, found %d"
              .formatted(type, shape, bytes, this.data.limit()));
    }
  }

  static NdArray of(Rows rows) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(4 * rows.width(), rows.count()))
            .order(ByteOrder.LITTLE_ENDIAN);
    rows.copyTo(bytes.asFloatBuffer());
    return new NdArray(Type.FLOAT32, List.of(rows.count(), rows.width()), bytes);
  }

  Type type() {
    return type;
  }

  List<Integer> shape() {
    return shape;
  }

  /** How many numbers. */
  int size() {
    return data.limit() / type.bytes;
  }

  /** The first dimension. */
  int count() {
    return shape.get(0);
  }

  /** The numbers of each entry of the first dimension. */
  int width() {
    return size() / count();
  }

  /** The entries of the first dimension from {@code from} to {@code to} (exclusive), shared. */
  NdArray slice(int from, int to) {
    Objects.checkFromToIndex(from, to, count());
    int each = width() * type.bytes;
    List<Integer> dims = new ArrayList<>(shape);
    dims.set(0, to - from);
    return new NdArray(type, dims, data.slice(from * each, (to - from) * each));
  }

  /** {@code count} entries of the first dimension, from the start again after the last. */
  NdArray repeated(int count) {
    int each = width() * type.bytes;
    ByteBuffer entries = ByteBuffer.allocate(Math.multiplyExact(each, count));
    for (int i = 0; i < count; i++) {
      entries.put(data.slice(i % count() * each, each));
    }
    List<Integer> dims = new ArrayList<>(shape);
    dims.set(0, count);
    return new NdArray(type, dims, entries.flip());
  }

  /** A number as a real one; integers beyond 2⁵³ are rounded. */
  double real(int index) {
    return switch (type) {
      case FLOAT32 -> data.getFloat(4 * index);
      case FLOAT64 -> data.getDouble(8 * index);
      case FLOAT16 -> ElementType.F16.ofBits(data.getShort(2 * index));
      case INT32 -> data.getInt(4 * index);
      case INT64 -> data.getLong(8 * index);
      case UINT8 -> data.get(index) & 0xff;
      case BOOL -> data.get(index) == 0 ? 0 : 1;
    };
  }

  /** A number of an integer type or truth value, exactly. */
  long integer(int index) {
    return type == Type.INT64 ? data.getLong(8 * index) : (long) real(index);
  }

  /** A copy of the numbers, if they are unsigned bytes. */
  Optional<byte[]> unsignedBytes() {
    if (type != Type.UINT8) {
      return Optional.empty();
    }
    byte[] bytes = new byte[data.limit()];
    data.get(0, bytes);
    return Optional.of(bytes);
  }

  float[] toFloats() {
    float[] values = new float[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) real(i);
    }
    return values;
  }

  /** The numbers as rows of the last dimension. */
  Rows lastAxisRows() {
    return Rows.owning(shape.get(shape.size() - 1), toFloats());
  }

  /** Type and dimensions. */
  @Override
  public String toString() {
    return type + " " + shape.toString().replace(", ", "×");
  }
}
