package io.rankfall.train.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tensorflow.framework.Summary;
import org.tensorflow.util.Event;

/**
 * Reads event files by TensorFlow's description of TFRecords and its own message classes, with a
 * CRC-32C of its own: bit by bit, by the polynomial.
 */
final class EventFiles {
  private static final int REVERSED_POLYNOMIAL = 0x82f63b78;

  private EventFiles() {}

  static Path only(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  static List<Event> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      int start = bytes.position();
      long length = bytes.getLong();
      assertThat(bytes.getInt()).isEqualTo(masked(bytes.array(), start, start + 8));
      byte[] message = new byte[(int) length];
      bytes.get(message);
      assertThat(bytes.getInt()).isEqualTo(masked(message, 0, message.length));
      events.add(Event.parseFrom(message));
    }
    return events;
  }

  /** The values of every tag by step. */
  static Map<String, Map<Long, Summary.Value>> values(List<Event> events) {
    Map<String, Map<Long, Summary.Value>> values = new TreeMap<>();
    for (Event event : events) {
      for (Summary.Value value : event.getSummary().getValueList()) {
        Summary.Value before =
            values
                .computeIfAbsent(value.getTag(), tag -> new TreeMap<>())
                .put(event.getStep(), value);
        assertThat(before).as(value.getTag()).isNull();
      }
    }
    return values;
  }

  private static int masked(byte[] bytes, int from, int to) {
    int crc = crc(Arrays.copyOfRange(bytes, from, to));
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }

  static int crc(byte[] bytes) {
    int crc = -1;
    for (byte b : bytes) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ REVERSED_POLYNOMIAL;
      }
    }
    return ~crc;
  }
}
