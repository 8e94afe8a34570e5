package io.rankfall.compress;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;

/**
 * What the objects of a protobuf message would take of the heap, found without making them: a
 * message of two bytes becomes an object of a hundred times its size, so a small file can fill any
 * heap.
 */
final class ProtoBudget {
  /** Of the generated classes of ONNX, and what building one takes, about. */
  private static final long MESSAGE = 200;

  /** A string or a sequence of bytes besides its content. */
  private static final long TEXT = 64;

  /** A list grows by half; integers of a byte become long ones. */
  private static final long NUMBER = 12;

  private static final int DEEPEST = 100;

  private final String file;
  private final long most;
  private final CodedInputStream in;
  private long taken;

  private ProtoBudget(String file, long most, CodedInputStream in) {
    this.file = file;
    this.most = most;
    this.in = in;
  }

  /**
   * Refuses a message whose structure takes more than {@code most} bytes.
   *
   * @throws ModelFormatException in one line, if it takes more or nests too deep
   * @throws InvalidProtocolBufferException if it is damaged
   */
  static void check(String file, CodedInputStream in, Descriptor type, long most)
      throws IOException {
    new ProtoBudget(file, most, in).message(type, 0);
    in.checkLastTagWas(0);
  }

  private void message(Descriptor type, int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new ModelFormatException(
          file, "content", "messages nested at most %d deep".formatted(DEEPEST), "deeper ones");
    }
    take(MESSAGE);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        take(field == null ? MESSAGE : NUMBER);
        if (!in.skipField(tag)) {
          return;
        }
      } else {
        delimited(field, depth);
      }
    }
  }

  private void delimited(FieldDescriptor field, int depth) throws IOException {
    int length = in.readRawVarint32();
    if (field != null && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      int limit = in.pushLimit(length);
      message(field.getMessageType(), depth + 1);
      in.checkLastTagWas(0);
      in.popLimit(limit);
      return;
    }
    if (field == null) {
      take(MESSAGE);
    } else {
      take(
          switch (field.getJavaType()) {
            case INT, LONG, BOOLEAN, ENUM -> NUMBER * length;
            case FLOAT, DOUBLE -> 2L * length;
            case STRING -> TEXT + 2L * length;
            default -> TEXT;
          });
    }
    in.skipRawBytes(length);
  }

  private void take(long bytes) throws ModelFormatException {
    taken += bytes;
    if (taken > most) {
      throw new ModelFormatException(
          file,
          "structure",
          "nodes, names and numbers that fit into %d MiB of the heap".formatted(most >> 20),
          "more (RANKFALL_JAVA_OPTS=-Xmx4g gives more)");
    }
  }
}
