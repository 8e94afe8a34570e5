package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import io.rankfall.compress.StoredTensor.Packing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the tensors of an ONNX file without their numbers, and checks that these are there. */
final class OnnxTensors {
  private static final int MOST_DIMENSIONS = 64;

  private final Path path;
  private final ProtoReader in;

  OnnxTensors(Path path, ProtoReader in) {
    this.path = path;
    this.in = in;
  }

  private static final class Parts {
    String name = "";
    final List<Long> type = new ArrayList<>(1);
    final List<Long> location = new ArrayList<>(1);
    final List<Long> dims = new ArrayList<>(4);
    final Map<String, String> external = new HashMap<>(4);
    @Nullable FileRegion data;
    Packing packing = Packing.FIXED;
  }

  /**
   * The tensor whose message comes next.
   *
   * @param what before its name in messages
   */
  StoredTensor read(String what) throws IOException {
    in.keepEntry();
    Parts parts = new Parts();
    in.message((number, wire) -> field(parts, number, wire));
    return checked(parts, what + " " + parts.name);
  }

  private boolean field(Parts parts, int number, int wire) throws IOException {
    return switch (number) {
      case TensorProto.DIMS_FIELD_NUMBER -> in.integers(wire, parts.dims);
      case TensorProto.DATA_TYPE_FIELD_NUMBER -> in.integers(wire, parts.type);
      case TensorProto.DATA_LOCATION_FIELD_NUMBER -> in.integers(wire, parts.location);
      case TensorProto.NAME_FIELD_NUMBER -> {
        if (ProtoReader.isDelimited(wire)) {
          parts.name = in.text();
        }
        yield ProtoReader.isDelimited(wire);
      }
      case TensorProto.EXTERNAL_DATA_FIELD_NUMBER ->
          ProtoReader.isDelimited(wire) && external(parts);
      // Packed floats and doubles are the same bytes as raw data.
      case TensorProto.RAW_DATA_FIELD_NUMBER,
          TensorProto.FLOAT_DATA_FIELD_NUMBER,
          TensorProto.DOUBLE_DATA_FIELD_NUMBER ->
          data(parts, wire, Packing.FIXED);
      case TensorProto.INT32_DATA_FIELD_NUMBER,
          TensorProto.INT64_DATA_FIELD_NUMBER,
          TensorProto.UINT64_DATA_FIELD_NUMBER ->
          data(parts, wire, Packing.VARIABLE);
      default -> false;
    };
  }

  private boolean external(Parts parts) throws IOException {
    String[] pair = {"", ""};
    in.message(
        (number, wire) -> {
          int index =
              switch (number) {
                case StringStringEntryProto.KEY_FIELD_NUMBER -> 0;
                case StringStringEntryProto.VALUE_FIELD_NUMBER -> 1;
                default -> -1;
              };
          if (index < 0 || !ProtoReader.isDelimited(wire)) {
            return false;
          }
          pair[index] = in.text();
          return true;
        });
    parts.external.put(pair[0], pair[1]);
    return true;
  }

  /** Notes where the numbers are; those in pieces or with tags of their own are not read. */
  private boolean data(Parts parts, int wire, Packing packing) throws IOException {
    if (!ProtoReader.isDelimited(wire)) {
      parts.packing = Packing.SCATTERED;
      return false;
    }
    parts.packing = parts.data == null ? packing : Packing.SCATTERED;
    parts.data = in.region();
    return true;
  }

  private StoredTensor checked(Parts parts, String where) throws IOException {
    String file = path.toString();
    long count = StoredTensor.count(parts.dims);
    if (parts.dims.size() > MOST_DIMENSIONS || count < 0) {
      throw new ModelFormatException(
          file,
          where,
          "at most %d dimensions >= 0 with a product below 2⁵⁶".formatted(MOST_DIMENSIONS),
          Tensors.shape(parts.dims));
    }
    ElementType type = ElementType.ofOnnx((int) last(parts.type));
    long bytes = type.bytes(count);
    FileRegion data = parts.data == null ? new FileRegion(path, 0, 0) : parts.data;
    if (last(parts.location) == DataLocation.EXTERNAL_VALUE) {
      data = ExternalData.region(path, parts.external, bytes, where);
    }
    StoredTensor tensor = new StoredTensor(parts.name, type, parts.dims, data, parts.packing);
    if (!tensor.fits()) {
      throw new ModelFormatException(
          file,
          where,
          "%d bytes for %s %s".formatted(bytes, type, Tensors.shape(parts.dims)),
          data.length() + " bytes");
    }
    return tensor;
  }

  /** Of a field that is given twice the last one counts; 0 if there is none. */
  private static long last(List<Long> values) {
    return values.isEmpty() ? 0 : values.get(values.size() - 1);
  }
}
