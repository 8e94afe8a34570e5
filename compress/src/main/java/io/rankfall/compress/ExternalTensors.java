package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Takes the numbers that an ONNX model keeps in files beside it into the model, wherever its
 * tensors are: in graphs, nodes, bodies or functions.
 */
final class ExternalTensors {
  private final Path model;
  private final long mostBytes;
  private final Set<Path> files = new LinkedHashSet<>();
  private long taken;

  /**
   * @param mostBytes the numbers may take so much of the heap together
   */
  ExternalTensors(Path model, long mostBytes) {
    this.model = model;
    this.mostBytes = mostBytes;
  }

  /** The model with all numbers inside, the same one if they are there already. */
  ModelProto inlined(ModelProto proto) throws IOException {
    if (!anyExternal(proto)) {
      return proto;
    }
    ModelProto.Builder builder = proto.toBuilder();
    inline(builder);
    return builder.build();
  }

  /** The files that were read. */
  Set<Path> files() {
    return files;
  }

  private static boolean isExternal(TensorProto.Builder tensor) {
    return tensor.getDataLocation() == DataLocation.EXTERNAL;
  }

  private static boolean anyExternal(MessageOrBuilder message) {
    if (message instanceof TensorProto tensor) {
      return tensor.getDataLocation() == DataLocation.EXTERNAL;
    }
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      if (field.getKey().getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
        continue;
      }
      if (field.getKey().isRepeated()) {
        for (Object one : (Iterable<?>) field.getValue()) {
          if (anyExternal((MessageOrBuilder) one)) {
            return true;
          }
        }
      } else if (anyExternal((MessageOrBuilder) field.getValue())) {
        return true;
      }
    }
    return false;
  }

  private void inline(Message.Builder message) throws IOException {
    if (message instanceof TensorProto.Builder tensor) {
      if (isExternal(tensor)) {
        read(tensor);
      }
      return;
    }
    for (FieldDescriptor field : message.getAllFields().keySet()) {
      if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
        continue;
      }
      if (field.isRepeated()) {
        for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
          inline(message.getRepeatedFieldBuilder(field, i));
        }
      } else {
        inline(message.getFieldBuilder(field));
      }
    }
  }

  private void read(TensorProto.Builder tensor) throws IOException {
    String where = "tensor " + tensor.getName();
    ElementType type = ElementType.ofOnnx(tensor.getDataType());
    long count = StoredTensor.count(tensor.getDimsList());
    if (count < 0 || type.bits() == 0) {
      throw new ModelFormatException(
          model.toString(),
          where,
          "external data of numbers in dimensions >= 0",
          "%s %s".formatted(type, Tensors.shape(tensor.getDimsList())));
    }
    long bytes = type.bytes(count);
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      entries.put(entry.getKey(), entry.getValue());
    }
    FileRegion region = ExternalData.region(model, entries, bytes, where);
    if (region.length() != bytes) {
      throw new ModelFormatException(
          model.toString(),
          where,
          "%d bytes for %s %s".formatted(bytes, type, Tensors.shape(tensor.getDimsList())),
          region.length() + " bytes");
    }
    // The same bytes of a file count for every tensor that names them.
    taken += bytes;
    if (bytes > Integer.MAX_VALUE - 8 || taken > mostBytes) {
      throw new ModelFormatException(
          model.toString(),
          where,
          "external data of %d MiB in all, which the heap has room for".formatted(mostBytes >> 20),
          "more (RANKFALL_JAVA_OPTS=-Xmx8g gives more)");
    }
    files.add(region.file());
    tensor.clearExternalData().clearDataLocation().setRawData(bytes(region, where));
  }

  private ByteString bytes(FileRegion region, String where) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate((int) region.length());
    try (FileChannel channel = FileChannel.open(region.file())) {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, region.from() + buffer.position()) < 0) {
          throw new ModelFormatException(
              model.toString(),
              where,
              "%d bytes of %s".formatted(region.length(), region.file().getFileName()),
              buffer.position() + " bytes");
        }
      }
    }
    return UnsafeByteOperations.unsafeWrap(buffer.array());
  }
}
