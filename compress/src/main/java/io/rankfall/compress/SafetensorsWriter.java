package io.rankfall.compress;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes safetensors files of any size: tensors come one after another and are not kept. */
final class SafetensorsWriter {
  private SafetensorsWriter() {}

  /**
   * What the header says of a tensor.
   *
   * @param type for example {@code F32}
   */
  record Slot(String name, String type, List<Long> shape, long bytes) {
    Slot {
      shape = List.copyOf(shape);
    }
  }

  /**
   * Tensors whose bytes are made together.
   *
   * @param content writes the bytes of all, in this order
   */
  record Group(List<Slot> slots, IoConsumer<OutputStream> content) {
    Group {
      slots = List.copyOf(slots);
    }
  }

  /** The bytes of the file that {@link #write} would write. */
  static long bytes(List<Slot> slots, Map<String, String> metadata) throws IOException {
    return start(slots, metadata).length + slots.stream().mapToLong(Slot::bytes).sum();
  }

  /** Writes the tensors in this order; see {@link AtomicFile}. */
  static void write(Path path, List<Group> groups, Map<String, String> metadata)
      throws IOException {
    byte[] start = start(groups.stream().flatMap(g -> g.slots.stream()).toList(), metadata);
    AtomicFile.write(
        path,
        out -> {
          out.write(start);
          for (Group group : groups) {
            Counting counted = new Counting(out);
            group.content.accept(counted);
            long expected = group.slots.stream().mapToLong(Slot::bytes).sum();
            if (counted.count != expected) {
              throw new IllegalStateException(
                  "%s: expected %d bytes, found %d"
                      .formatted(group.slots.get(0).name, expected, counted.count));
            }
          }
        });
  }

  /** The length of the header and the header. */
  private static byte[] start(List<Slot> slots, Map<String, String> metadata)
      throws JsonProcessingException {
    ObjectNode header = SafetensorsFile.JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode properties = header.putObject(SafetensorsHeader.METADATA);
      new TreeMap<>(metadata).forEach(properties::put);
    }
    long begin = 0;
    for (Slot slot : slots) {
      ObjectNode tensor = header.putObject(slot.name).put("dtype", slot.type);
      slot.shape.forEach(tensor.putArray("shape")::add);
      tensor.putArray("data_offsets").add(begin).add(begin + slot.bytes);
      begin += slot.bytes;
    }
    byte[] json = SafetensorsFile.JSON.writeValueAsBytes(header);
    // The format asks for data aligned to eight bytes and allows spaces behind the header.
    int length = (json.length + 7) / 8 * 8;
    byte[] start = new byte[8 + length];
    Arrays.fill(start, (byte) ' ');
    ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(json);
    return start;
  }

  private static final class Counting extends OutputStream {
    private final OutputStream out;
    private long count;

    Counting(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      count++;
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      out.write(bytes, from, length);
      count += length;
    }
  }
}
