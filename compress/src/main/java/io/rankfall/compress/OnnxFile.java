package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * ONNX models as files: one with everything inside up to the 2 GiB that protobuf allows, beyond
 * that one with the weights in {@code NAME.data} beside it.
 */
final class OnnxFile {
  /** Most bytes of a message, with room for what differs between ways to count them. */
  static final long MOST_BYTES = Integer.MAX_VALUE - (1L << 20);

  /** ONNX asks for pages, so that files can be mapped. */
  private static final long ALIGNMENT = 4096;

  /** Smaller tensors stay inside: shape inference wants to see them. */
  private static final int SMALLEST_OUTSIDE = 1024;

  private OnnxFile() {}

  /**
   * A model with all numbers inside.
   *
   * @param data the files beside it that they came from
   */
  record Content(ModelProto proto, Set<Path> data) {
    Content {
      data = Set.copyOf(data);
    }
  }

  /**
   * Reads a model and the data files that it names.
   *
   * @throws ModelFormatException in one line, if the file is damaged, its data is not where it
   *     should be or both do not fit into the heap
   */
  static Content read(Path path) throws IOException {
    String file = path.toString();
    long heap = Runtime.getRuntime().maxMemory();
    long size = FileBytes.size(path);
    if (size > heap / 2) {
      throw new ModelFormatException(
          file,
          "file",
          "at most %d MiB, half of the heap".formatted(heap >> 21),
          "%d MiB (RANKFALL_JAVA_OPTS=-Xmx8g gives more)".formatted(size >> 20));
    }
    ByteString bytes = UnsafeByteOperations.unsafeWrap(FileBytes.read(path));
    ModelProto proto;
    try {
      ProtoBudget.check(file, bytes.newCodedInput(), ModelProto.getDescriptor(), heap / 4);
      // The numbers stay where they are in the bytes.
      CodedInputStream in = bytes.newCodedInput();
      in.enableAliasing(true);
      proto = ModelProto.parseFrom(in);
      in.checkLastTagWas(0);
    } catch (InvalidProtocolBufferException e) {
      throw new ModelFormatException(
          file, "content", "an ONNX model", String.valueOf(e.getMessage()));
    }
    // As much again is needed to work on them.
    long room = Math.max(0, heap / 2 - bytes.size());
    ExternalTensors external = new ExternalTensors(path, room);
    return new Content(external.inlined(proto), external.files());
  }

  /**
   * The bytes of the model with everything inside, some for each tensor less when that is more than
   * a file can have.
   */
  static long bytes(ModelProto proto) {
    long large = 0;
    for (TensorProto tensor : proto.getGraph().getInitializerList()) {
      large += isLarge(tensor) ? tensor.getRawData().size() : 0;
    }
    return large < MOST_BYTES / 2
        ? proto.getSerializedSize()
        : large + Split.of(proto, "").structure.getSerializedSize();
  }

  /**
   * Writes one file or, beyond {@code mostBytes}, two: all bytes of both are on their way before
   * the first of them moves into place, and the model moves last.
   *
   * @return the files, the model first
   */
  static List<Path> write(Path path, ModelProto proto, long mostBytes) throws IOException {
    if (bytes(proto) <= mostBytes) {
      AtomicFile.write(path, proto::writeTo);
      return List.of(path);
    }
    AtomicFile.requireTarget(path);
    Path data = data(path);
    Split split = Split.of(proto, String.valueOf(data.getFileName()));
    AtomicFile.write(
        path,
        out -> {
          split.structure.writeTo(out);
          out.flush();
          AtomicFile.write(data, split::writeData);
        });
    return List.of(path, data);
  }

  /** Refuses to write over the files that a model's weights were read from. */
  static void requireOther(Path out, OnnxModel model) throws IOException {
    for (Path target : List.of(out, data(out))) {
      for (Path file : model.dataFiles()) {
        if (Files.exists(target) && Files.isSameFile(file, target)) {
          throw new IOException(
              "cannot write %s: expected other files than the model's, found its data %s"
                  .formatted(out, file));
        }
      }
    }
  }

  private static Path data(Path model) {
    return model.resolveSibling(model.getFileName() + ".data");
  }

  private static boolean isLarge(TensorProto tensor) {
    return tensor.getRawData().size() >= SMALLEST_OUTSIDE;
  }

  /** A model without its large initializers, and their numbers. */
  private record Split(ModelProto structure, List<ByteString> numbers) {
    static Split of(ModelProto proto, String location) {
      List<ByteString> numbers = new ArrayList<>();
      GraphProto.Builder graph = proto.getGraph().toBuilder().clearInitializer();
      long end = 0;
      for (TensorProto tensor : proto.getGraph().getInitializerList()) {
        if (isLarge(tensor)) {
          long offset = aligned(end);
          end = offset + tensor.getRawData().size();
          numbers.add(tensor.getRawData());
          graph.addInitializer(outside(tensor, location, offset));
        } else {
          graph.addInitializer(tensor);
        }
      }
      return new Split(proto.toBuilder().setGraph(graph).build(), numbers);
    }

    private static TensorProto outside(TensorProto tensor, String location, long offset) {
      return tensor.toBuilder()
          .clearRawData()
          .setDataLocation(DataLocation.EXTERNAL)
          .addExternalData(entry("location", location))
          .addExternalData(entry("offset", String.valueOf(offset)))
          .addExternalData(entry("length", String.valueOf(tensor.getRawData().size())))
          .build();
    }

    private static StringStringEntryProto entry(String key, String value) {
      return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static long aligned(long offset) {
      return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    void writeData(OutputStream out) throws IOException {
      long end = 0;
      for (ByteString each : numbers) {
        out.write(new byte[(int) (aligned(end) - end)]);
        each.writeTo(out);
        end = aligned(end) + each.size();
      }
    }
  }
}
