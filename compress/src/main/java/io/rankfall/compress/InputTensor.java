package io.rankfall.compress;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a model takes as one of its inputs.
 *
 * @param shape the dimensions, -1 where any goes
 */
record InputTensor(String name, OnnxJavaType type, List<Long> shape) {

  InputTensor {
    shape = List.copyOf(shape);
  }

  static InputTensor of(String file, NodeInfo node) throws ModelFormatException {
    String where = "input " + node.getName();
    if (!(node.getInfo() instanceof TensorInfo info) || info.getShape().length < 1) {
      throw new ModelFormatException(file, where, "a tensor of rank >= 1", node.getInfo() + "");
    }
    return switch (info.type) {
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16, INT32, INT64, UINT8, BOOL ->
          new InputTensor(
              node.getName(), info.type, Arrays.stream(info.getShape()).boxed().toList());
      default ->
          throw new ModelFormatException(
              file,
              where,
              "float, double, float16, bfloat16, int32, int64, uint8 or bool",
              info.type + "");
    };
  }

  /** The number of examples it must have at a time, 0 or less if any goes. */
  long fixedBatch() {
    return shape.get(0);
  }

  int bytes(NdArray array) {
    return Math.multiplyExact(array.size(), type.size);
  }

  /**
   * The dimensions an array has as this input, empty if it does not fit.
   *
   * @param exact whether the array has the input's own dimensions; else they are folded: the first
   *     free one after the batch takes what the others leave
   */
  Optional<long[]> dimensions(NdArray array, boolean exact) {
    if (array.type().isFloating() && !isFloating()) {
      return Optional.empty();
    }
    long[] dims = exact ? array.shape().stream().mapToLong(d -> d).toArray() : folded(array);
    long size = 1;
    boolean fits = dims.length == shape.size();
    for (int i = 0; fits && i < dims.length; i++) {
      fits = shape.get(i) < 0 || shape.get(i) == dims[i];
      size *= dims[i];
    }
    return fits && size == array.size() ? Optional.of(dims) : Optional.empty();
  }

  boolean isFloating() {
    return switch (type) {
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  private long[] folded(NdArray array) {
    long[] dims = shape.stream().mapToLong(d -> d).toArray();
    dims[0] = array.count();
    long rest = array.width();
    int free = -1;
    for (int i = 1; i < dims.length; i++) {
      if (dims[i] < 0 && free < 0) {
        free = i;
      } else {
        dims[i] = Math.max(1, dims[i]);
        rest /= dims[i];
      }
    }
    if (free >= 0) {
      dims[free] = rest;
    }
    return dims;
  }

  /** Writes the numbers of an array that fits. */
  void fill(NdArray array, ByteBuffer bytes) {
    for (int i = 0; i < array.size(); i++) {
      switch (type) {
        case FLOAT -> bytes.putFloat((float) array.real(i));
        case DOUBLE -> bytes.putDouble(array.real(i));
        case FLOAT16 -> ElementType.F16.put(bytes, (float) array.real(i));
        case BFLOAT16 -> ElementType.BF16.put(bytes, (float) array.real(i));
        case INT32 -> bytes.putInt(Math.toIntExact(array.integer(i)));
        case INT64 -> bytes.putLong(array.integer(i));
        default -> bytes.put((byte) array.integer(i));
      }
    }
  }

  /** Name, type and dimensions, as messages show them. */
  @Override
  public String toString() {
    return "%s %s %s"
        .formatted(
            name,
            type.name().toLowerCase(Locale.ROOT),
            shape.toString().replace("-1", "?").replace(", ", "×"));
  }
}
