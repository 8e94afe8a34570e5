package io.rankfall.compress;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;

/**
 * Reads the numbers of a tensor from its file in order, through a buffer of fixed size: files are
 * read rather than mapped, so that one cut short meanwhile is an error and not the end of the JVM.
 */
final class NumberReader implements Closeable {
  private static final int BUFFER = 1 << 18;

  private final StoredTensor tensor;
  private final FileChannel channel;
  private final FileRegion region;

  /** Holds whole numbers: its size is a multiple of eight bytes. */
  private final ByteBuffer buffer;

  private final CodedInputStream variable;
  private long position;

  NumberReader(StoredTensor tensor) throws IOException {
    this.tensor = tensor;
    this.region = tensor.data();
    this.channel = FileChannel.open(region.file());
    this.position = region.from();
    int capacity = (int) Math.min(BUFFER, (region.length() + 7) / 8 * 8);
    this.buffer = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    channel.position(position);
    variable = CodedInputStream.newInstance(Channels.newInputStream(channel));
    if (tensor.packing() == StoredTensor.Packing.VARIABLE) {
      variable.pushLimit((int) region.length());
    }
  }

  void skip(long count) throws IOException {
    if (tensor.packing() == StoredTensor.Packing.VARIABLE) {
      for (long i = 0; i < count; i++) {
        nextVariable();
      }
      return;
    }
    long bytes = tensor.type().bytes(count);
    if (bytes <= buffer.remaining()) {
      buffer.position(buffer.position() + (int) bytes);
    } else {
      position += bytes - buffer.remaining();
      buffer.limit(0);
    }
  }

  /** The next {@code count} numbers to every {@code stride}th place of {@code to}. */
  void read(float[] to, int at, int count, int stride) throws IOException {
    ElementType type = tensor.type();
    if (tensor.packing() == StoredTensor.Packing.VARIABLE) {
      for (int i = 0; i < count; i++) {
        to[at + i * stride] = type.ofBits(nextVariable());
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      if (!buffer.hasRemaining()) {
        refill();
      }
      to[at + i * stride] = type.next(buffer);
    }
  }

  private long nextVariable() throws IOException {
    try {
      return variable.readRawVarint64();
    } catch (InvalidProtocolBufferException e) {
      throw endsEarly();
    }
  }

  private ModelFormatException endsEarly() {
    return new ModelFormatException(
        region.file().toString(),
        "tensor " + tensor.name(),
        "%d numbers from byte %d on".formatted(tensor.count(), region.from()),
        "fewer");
  }

  private void refill() throws IOException {
    buffer.clear();
    long left = region.from() + region.length() - position;
    buffer.limit((int) Math.min(buffer.capacity(), Math.max(left, 0)));
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, position);
      if (read < 0) {
        break;
      }
      position += read;
    }
    if (buffer.position() == 0 || buffer.hasRemaining()) {
      throw endsEarly();
    }
    buffer.flip();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
