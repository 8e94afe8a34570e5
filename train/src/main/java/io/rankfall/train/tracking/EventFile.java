package io.rankfall.train.tracking;

import com.google.protobuf.MessageLite;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;

/**
 * A file of events as TensorBoard finds and reads it: TFRecords, which are the length of the
 * message in 8 bytes, its masked CRC-32C, the message, and the masked CRC-32C of that, all little
 * endian. It grows while it is read, so it is no file that appears whole; a record that a killed
 * process cut off is one that readers wait for.
 */
final class EventFile implements Closeable {
  private static final int FRAME_BYTES = 16;
  private static final int MASK = 0xa282ead8;
  private static final AtomicInteger FILES_OF_PROCESS = new AtomicInteger();

  private final FileChannel channel;

  /**
   * A new file in {@code folder}, which is made if it is missing.
   *
   * @param seconds since 1970, by which TensorBoard orders the files of a folder
   */
  EventFile(Path folder, long seconds) throws IOException {
    Files.createDirectories(folder);
    String name =
        "events.out.tfevents.%010d.%s.%d.%d.v2"
            .formatted(
                seconds, host(), ProcessHandle.current().pid(), FILES_OF_PROCESS.getAndIncrement());
    channel =
        FileChannel.open(
            folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9.-]", "_");
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** Appends one event in one write. */
  void append(MessageLite event) throws IOException {
    byte[] message = event.toByteArray();
    ByteBuffer record =
        ByteBuffer.allocate(FRAME_BYTES + message.length).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(message.length).putInt(maskedCrc(record.array(), 0, Long.BYTES));
    record.put(message).putInt(maskedCrc(message, 0, message.length)).flip();
    while (record.hasRemaining()) {
      channel.write(record);
    }
  }

  /** Rotated and shifted, since the CRC of data that hold their own CRC is of little worth. */
  private static int maskedCrc(byte[] bytes, int from, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, count);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
