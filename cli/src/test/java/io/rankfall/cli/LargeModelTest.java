package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models larger than the memory that looks at them. */
final class LargeModelTest {
  private static final long LIMIT_SECONDS = 120;

  /** A safetensors file of {@code count} tensors 16×2²⁰, 64 MiB each, that takes no disk. */
  private static Path sparse(Path folder, int count) throws IOException {
    StringBuilder json = new StringBuilder("{");
    long each = (4L * 16) << 20;
    for (int i = 0; i < count; i++) {
      json.append(i == 0 ? "" : ",")
          .append("\"layer%d\":{\"dtype\":\"F32\",\"shape\":[16,1048576],".formatted(i))
          .append("\"data_offsets\":[%d,%d]}".formatted(i * each, (i + 1) * each));
    }
    byte[] header = json.append("}").toString().getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("large.safetensors");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(length.putLong(header.length).flip());
      channel.write(ByteBuffer.wrap(header));
      channel.write(ByteBuffer.wrap(new byte[1]), 8 + header.length + count * each - 1);
    }
    return file;
  }

  /** What a child process printed and returned. */
  private record Ended(int exitCode, String out, String err) {}

  private static Ended end(Path folder, String heap, String... args)
      throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        Child.with(heap, args).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  @Test
  void aFileLargerThanMemoryIsInspected(@TempDir Path folder) throws Exception {
    Path file = sparse(folder, 34);
    assertThat(Files.size(file)).isGreaterThan(2_200_000_000L);
    // Two thirds of this heap are one matrix and not two.
    Ended ended = end(folder, "-Xmx128m", "inspect", file.toString(), "--csv");
    assertThat(ended.err).isEmpty();
    assertThat(ended.exitCode).isZero();
    assertThat(ended.out.lines()).hasSize(35);
  }

  @Test
  void weightsInExternalDataLargerThanMemoryAreInspected(@TempDir Path folder) throws Exception {
    Path data = sparse(folder, 34);
    ByteArrayOutputStream graph = new ByteArrayOutputStream();
    long each = (4L * 16) << 20;
    for (int i = 0; i < 34; i += 11) {
      ByteArrayOutputStream tensor = new ByteArrayOutputStream();
      field(tensor, 1, new byte[] {16, (byte) 0x80, (byte) 0x80, 0x40});
      field(tensor, 8, ("w" + i).getBytes(StandardCharsets.UTF_8));
      tensor.write(new byte[] {2 << 3, 1, 14 << 3, 1});
      field(tensor, 13, entry("location", data.getFileName().toString()));
      field(tensor, 13, entry("offset", Long.toString(i * each)));
      field(graph, 5, tensor.toByteArray());
      ByteArrayOutputStream node = new ByteArrayOutputStream();
      field(node, 1, ("w" + i).getBytes(StandardCharsets.UTF_8));
      field(node, 1, "x".getBytes(StandardCharsets.UTF_8));
      field(node, 2, ("y" + i).getBytes(StandardCharsets.UTF_8));
      field(node, 4, "MatMul".getBytes(StandardCharsets.UTF_8));
      field(graph, 1, node.toByteArray());
    }
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    field(model, 7, graph.toByteArray());
    Path file = Files.write(folder.resolve("large.onnx"), model.toByteArray());
    Ended ended = end(folder, "-Xmx128m", "inspect", file.toString(), "--csv");
    assertThat(ended.err).isEmpty();
    assertThat(ended.exitCode).isZero();
    assertThat(ended.out.lines()).hasSize(5);
  }

  @Test
  void weightsInsideAnOnnxFileStayThere(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("inline.onnx");
    int each = (4 * 16) << 20;
    int count = 30;
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteArrayOutputStream node = new ByteArrayOutputStream();
      field(node, 1, "x".getBytes(StandardCharsets.UTF_8));
      field(node, 1, "w0".getBytes(StandardCharsets.UTF_8));
      field(node, 2, "y".getBytes(StandardCharsets.UTF_8));
      field(node, 4, "MatMul".getBytes(StandardCharsets.UTF_8));
      ByteArrayOutputStream nodes = new ByteArrayOutputStream();
      field(nodes, 1, node.toByteArray());
      List<byte[]> tensors = new ArrayList<>();
      long length = nodes.size();
      for (int i = 0; i < count; i++) {
        ByteArrayOutputStream tensor = new ByteArrayOutputStream();
        field(tensor, 1, new byte[] {16, (byte) 0x80, (byte) 0x80, 0x40});
        tensor.write(new byte[] {2 << 3, 1});
        field(tensor, 8, ("w" + i).getBytes(StandardCharsets.UTF_8));
        start(tensor, 9, each);
        ByteArrayOutputStream initializer = new ByteArrayOutputStream();
        start(initializer, 5, tensor.size() + each);
        initializer.writeBytes(tensor.toByteArray());
        tensors.add(initializer.toByteArray());
        length += initializer.size() + each;
      }
      ByteArrayOutputStream model = new ByteArrayOutputStream();
      start(model, 7, (int) length);
      model.writeBytes(nodes.toByteArray());
      channel.write(ByteBuffer.wrap(model.toByteArray()));
      for (byte[] tensor : tensors) {
        channel.write(ByteBuffer.wrap(tensor));
        channel.position(channel.position() + each - 1);
        channel.write(ByteBuffer.wrap(new byte[1]));
      }
    }
    assertThat(Files.size(file)).isBetween(1_900_000_000L, (long) Integer.MAX_VALUE);
    Ended ended = end(folder, "-Xmx128m", "inspect", file.toString(), "--csv");
    assertThat(ended.err).isEmpty();
    assertThat(ended.exitCode).isZero();
    assertThat(ended.out.lines().skip(1)).singleElement().asString().startsWith("w0,1048576,16,");
  }

  @Test
  void aMatrixThatNeverFitsIsListedWithWhatItNeeds(@TempDir Path folder) throws Exception {
    Ended ended = end(folder, "-Xmx64m", "inspect", sparse(folder, 2).toString());
    assertThat(ended.err).isEmpty();
    assertThat(ended.exitCode).isZero();
    assertThat(ended.out)
        .contains("skipped layer1 16x1048576: needs 67 MiB of heap, more than two thirds of it");
  }

  @Test
  void countsThatExhaustMemoryAreRefusedInOneLine(@TempDir Path folder) throws Exception {
    // Thirty million nodes of two bytes each.
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    byte[] nodes = new byte[60_000_000];
    for (int i = 0; i < nodes.length; i += 2) {
      nodes[i] = (1 << 3) | 2;
    }
    field(model, 7, nodes);
    Path onnx = Files.write(folder.resolve("many.onnx"), model.toByteArray());
    // A header of arrays within the limit of the format.
    byte[] header =
        ("{\"a\":[" + "[],".repeat(10_000_000) + "0]}").getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    Path safetensors =
        Files.write(
            folder.resolve("many.safetensors"), bytes.putLong(header.length).put(header).array());
    for (Path file : List.of(onnx, safetensors)) {
      Ended ended = end(folder, "-Xmx64m", "inspect", file.toString());
      assertThat(ended.exitCode).as(ended.err).isEqualTo(ExitCode.FAILURE);
      assertThat(ended.err.lines()).hasSize(1);
      assertThat(ended.err).startsWith("rankfall: " + file + ": ").contains("expected", "found");
    }
  }

  /** The beginning of a field of so many bytes in a protobuf message. */
  private static void start(ByteArrayOutputStream to, int number, int length) {
    to.write((number << 3) | 2);
    int left = length;
    for (; left > 127; left >>>= 7) {
      to.write((left & 127) | 128);
    }
    to.write(left);
  }

  private static void field(ByteArrayOutputStream to, int number, byte[] content) {
    start(to, number, content.length);
    to.writeBytes(content);
  }

  private static byte[] entry(String key, String value) {
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    field(entry, 1, key.getBytes(StandardCharsets.UTF_8));
    field(entry, 2, value.getBytes(StandardCharsets.UTF_8));
    return entry.toByteArray();
  }
}
