package io.rankfall.compress;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * Walks the messages of a protobuf file without building them: what is large is left in the file,
 * what is kept is counted, and what contradicts itself is refused.
 */
final class ProtoReader {
  private static final int BUFFER = 1 << 16;
  private static final int LONGEST_TEXT = 1 << 16;

  /** A Java object and the references to it, about. */
  private static final long BYTES_AN_ENTRY = 100;

  private final Path path;
  private final long size;
  private final CodedInputStream in;

  /** What is kept takes a fourth of the heap at most. */
  private final long mostKept = Runtime.getRuntime().maxMemory() / 4;

  private long kept;

  /**
   * @param bytes the file's, from the beginning
   */
  ProtoReader(Path path, long size, InputStream bytes) {
    this.path = path;
    this.size = size;
    this.in = CodedInputStream.newInstance(bytes, BUFFER);
  }

  /** Reads the fields of a message. */
  interface Field {
    /**
     * Reads one field.
     *
     * @param wire its {@link WireFormat} type
     * @return false for it to be skipped
     */
    boolean read(int number, int wire) throws IOException;
  }

  /** The fields of the whole file. */
  void file(Field field) throws IOException {
    fields(field);
    in.checkLastTagWas(0);
  }

  /** The fields of the message that comes next. */
  void message(Field field) throws IOException {
    int limit = in.pushLimit(in.readRawVarint32());
    fields(field);
    in.checkLastTagWas(0);
    if (in.getBytesUntilLimit() > 0) {
      throw new ModelFormatException(
          path.toString(),
          "byte " + in.getTotalBytesRead(),
          "%d more bytes of a message".formatted(in.getBytesUntilLimit()),
          "the end of the file");
    }
    in.popLimit(limit);
  }

  private void fields(Field field) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (!field.read(WireFormat.getTagFieldNumber(tag), WireFormat.getTagWireType(tag))
          && !in.skipField(tag)) {
        return;
      }
    }
  }

  static boolean isDelimited(int wire) {
    return wire == WireFormat.WIRETYPE_LENGTH_DELIMITED;
  }

  /** A text of at most {@value #LONGEST_TEXT} bytes. */
  String text() throws IOException {
    int length = in.readRawVarint32();
    if (length < 0 || length > LONGEST_TEXT) {
      throw new ModelFormatException(
          path.toString(),
          "byte " + in.getTotalBytesRead(),
          "a name of at most %d bytes".formatted(LONGEST_TEXT),
          Integer.toUnsignedString(length));
    }
    keep(BYTES_AN_ENTRY + 2L * length);
    return new String(in.readRawBytes(length), UTF_8);
  }

  /** One integer, or a packed sequence of them. */
  boolean integers(int wire, List<Long> to) throws IOException {
    if (wire == WireFormat.WIRETYPE_VARINT) {
      keep(BYTES_AN_ENTRY / 4);
      to.add(in.readRawVarint64());
      return true;
    }
    if (!isDelimited(wire)) {
      return false;
    }
    int limit = in.pushLimit(in.readRawVarint32());
    while (in.getBytesUntilLimit() > 0) {
      keep(BYTES_AN_ENTRY / 4);
      to.add(in.readRawVarint64());
    }
    in.popLimit(limit);
    return true;
  }

  /** Where the bytes of a field are; they are not read. */
  FileRegion region() throws IOException {
    int length = in.readRawVarint32();
    long from = in.getTotalBytesRead();
    if (length < 0 || from + length > size) {
      throw new ModelFormatException(
          path.toString(),
          "byte " + from,
          "%s bytes of data".formatted(Integer.toUnsignedString(length)),
          "the end of the file after %d".formatted(size - from));
    }
    in.skipRawBytes(length);
    return new FileRegion(path, from, length);
  }

  /** Counts an object that is kept. */
  void keepEntry() throws ModelFormatException {
    keep(BYTES_AN_ENTRY);
  }

  private void keep(long bytes) throws ModelFormatException {
    kept += bytes;
    if (kept > mostKept) {
      throw new ModelFormatException(
          path.toString(),
          "structure",
          "nodes and names that fit into %d MiB, a fourth of the heap".formatted(mostKept >> 20),
          "more (RANKFALL_JAVA_OPTS=-Xmx4g gives more)");
    }
  }
}
