package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import io.rankfall.spectra.Matrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The tensors of ONNX files: what they promise is checked against the bytes there are. */
final class Tensors {
  private static final Set<DataType> FLOATING =
      Set.of(
          DataType.FLOAT,
          DataType.DOUBLE,
          DataType.FLOAT16,
          DataType.BFLOAT16,
          DataType.FLOAT8E4M3FN,
          DataType.FLOAT8E4M3FNUZ,
          DataType.FLOAT8E5M2,
          DataType.FLOAT8E5M2FNUZ);
  private static final Set<DataType> QUANTIZED =
      Set.of(DataType.INT8, DataType.UINT8, DataType.INT4, DataType.UINT4);

  private Tensors() {}

  /** The type, {@code UNDEFINED} if the file has a number this version of ONNX does not know. */
  static DataType type(TensorProto tensor) {
    DataType type = DataType.forNumber(tensor.getDataType());
    return type == null ? DataType.UNDEFINED : type;
  }

  static boolean isFloating(TensorProto tensor) {
    return FLOATING.contains(type(tensor));
  }

  /** Whether such a tensor of two dimensions or more is a weight rather than indices. */
  static boolean isWeight(TensorProto tensor) {
    return tensor.getDimsCount() >= 2 && (isFloating(tensor) || QUANTIZED.contains(type(tensor)));
  }

  static String shape(TensorProto tensor) {
    return shape(tensor.getDimsList());
  }

  static String shape(List<Long> dims) {
    return dims.isEmpty()
        ? "scalar"
        : dims.stream().map(String::valueOf).collect(Collectors.joining("x"));
  }

  /** How many numbers a checked tensor holds. */
  static long count(TensorProto tensor) {
    long count = 1;
    for (long dim : tensor.getDimsList()) {
      count *= dim;
    }
    return count;
  }

  /**
   * Checks the dimensions and, for the types this project reads or counts, the length of the data.
   *
   * @param where the tensor as messages name it
   */
  static void check(TensorProto tensor, String file, String where) throws ModelFormatException {
    if (tensor.getDataLocation() == DataLocation.EXTERNAL || tensor.getExternalDataCount() > 0) {
      throw new ModelFormatException(
          file, where, "its data inside the file", "external data, which is not supported");
    }
    long count = product(tensor.getDimsList());
    if (count < 0) {
      throw new ModelFormatException(
          file, where, "dimensions >= 0 with a product below 2³¹", shape(tensor));
    }
    DataType type = type(tensor);
    if (tensor.hasRawData()) {
      int width = bytesEach(type);
      if (width > 0 && tensor.getRawData().size() != count * width) {
        throw new ModelFormatException(
            file,
            where,
            "%d bytes for %s %s".formatted(count * width, type, shape(tensor)),
            tensor.getRawData().size() + " bytes");
      }
    } else if (isReadable(type) && typedCount(tensor, type) != count) {
      throw new ModelFormatException(
          file,
          where,
          "%d numbers for %s %s".formatted(count, type, shape(tensor)),
          typedCount(tensor, type) + " numbers");
    }
  }

  /** The product of the dimensions, negative if it does not fit or one is negative. */
  static long product(List<Long> dims) {
    long count = 1;
    boolean empty = false;
    for (long dim : dims) {
      if (dim < 0 || dim > Integer.MAX_VALUE) {
        return -1;
      }
      empty |= dim == 0;
      count = dim == 0 ? count : count * dim;
      if (count > Integer.MAX_VALUE - 8) {
        return -1;
      }
    }
    return empty ? 0 : count;
  }

  private static int bytesEach(DataType type) {
    return switch (type) {
      case DOUBLE, INT64, UINT64, COMPLEX64 -> 8;
      case FLOAT, INT32, UINT32 -> 4;
      case FLOAT16, BFLOAT16, INT16, UINT16 -> 2;
      case INT8, UINT8, BOOL, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> 1;
      case COMPLEX128 -> 16;
      default -> 0;
    };
  }

  /** Whether {@link #floats} reads such numbers: FLOAT, DOUBLE, FLOAT16 and BFLOAT16. */
  static boolean isReadable(DataType type) {
    return switch (type) {
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  /** How many numbers a tensor of a readable type holds outside {@code raw_data}. */
  private static int typedCount(TensorProto tensor, DataType type) {
    return switch (type) {
      case FLOAT -> tensor.getFloatDataCount();
      case DOUBLE -> tensor.getDoubleDataCount();
      default -> tensor.getInt32DataCount();
    };
  }

  static ElementType elementType(TensorProto tensor) {
    return ElementType.ofOnnx(tensor.getDataType());
  }

  /**
   * The numbers of a checked tensor of a {@link #isReadable readable} type, to single precision.
   */
  static float[] floats(TensorProto tensor) {
    ElementType type = elementType(tensor);
    float[] values = new float[(int) count(tensor)];
    if (tensor.hasRawData()) {
      ByteBuffer bytes = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < values.length; i++) {
        values[i] = type.next(bytes);
      }
      return values;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case F32 -> tensor.getFloatData(i);
            case F64 -> (float) tensor.getDoubleData(i);
            default -> type.ofBits(tensor.getInt32Data(i));
          };
    }
    return values;
  }

  /** Whether a checked DOUBLE tensor holds a finite number that single precision does not. */
  static boolean exceedsSingle(TensorProto tensor) {
    ByteBuffer bytes = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count(tensor); i++) {
      double value = tensor.hasRawData() ? bytes.getDouble() : tensor.getDoubleData(i);
      if (Double.isFinite(value) && Float.isInfinite((float) value)) {
        return true;
      }
    }
    return false;
  }

  /** A FLOAT tensor with its numbers in {@code raw_data}. */
  static TensorProto of(String name, float[] values, long... dims) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(4, values.length)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(DataType.FLOAT_VALUE)
            .setRawData(ByteString.copyFrom(bytes));
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    return tensor.build();
  }

  /** A FLOAT tensor in the numbers of another readable type. */
  static TensorProto inTypeOf(TensorProto model, TensorProto floats) {
    return model.getDataType() == DataType.FLOAT_VALUE
        ? floats
        : inType(elementType(model), model.getDataType(), floats);
  }

  private static TensorProto inType(ElementType type, int dataType, TensorProto floats) {
    float[] values = floats(floats);
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(type.bytes(values.length)))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      type.put(bytes, value);
    }
    return floats.toBuilder()
        .setDataType(dataType)
        .setRawData(ByteString.copyFrom(bytes.flip()))
        .build();
  }

  static TensorProto of(String name, Matrix matrix) {
    return of(name, matrix.toArray(), matrix.rows(), matrix.cols());
  }

  /** Whether it holds integers of which none is below 0. */
  static boolean isNotNegative(TensorProto tensor) {
    if (type(tensor) != DataType.INT64) {
      return false;
    }
    ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    boolean found = tensor.getInt64DataList().stream().allMatch(v -> v >= 0);
    while (found && raw.remaining() >= 8) {
      found = raw.getLong() >= 0;
    }
    return found;
  }

  /** Whether the tensor can be added to each row of an output of the given width. */
  static boolean isBias(@Nullable TensorProto tensor, int width) {
    return tensor != null
        && isReadable(type(tensor))
        && tensor.getDimsCount() >= 1
        && tensor.getDims(tensor.getDimsCount() - 1) == width
        && count(tensor) == width;
  }
}
