package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rankfall.compress.OnnxModel;
import java.io.BufferedReader;
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
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own: signals and full disks. */
class ProcessTest {
  private static final long LIMIT_SECONDS = 120;

  @Test
  void controlCEndsWithCode130AndLeavesWholeFilesOnly(@TempDir Path folder)
      throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "needs /bin/kill to send SIGINT");
    Path out = folder.resolve("demo");
    Process demo = start("demo", "--width", "16", "--epochs", "1", "--out", out.toString());
    try (BufferedReader progress = demo.errorReader()) {
      // Interrupted while it writes its many compressed files.
      String line = progress.readLine();
      while (line != null && !line.startsWith("compressing")) {
        line = progress.readLine();
      }
      assertThat(line).startsWith("compressing");
      new ProcessBuilder("/bin/kill", "-INT", Long.toString(demo.pid())).start().waitFor();
      assertThat(demo.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(progress.lines().filter(l -> l.startsWith("rankfall:")))
          .containsExactly("rankfall: interrupted; the files written so far are whole");
    }
    assertThat(demo.exitValue()).isEqualTo(ExitCode.INTERRUPTED);
    List<Path> files = filesIn(out);
    assertThat(files).isNotEmpty().noneMatch(file -> file.toString().endsWith(".part"));
    for (Path file : files) {
      if (file.toString().endsWith(".onnx")) {
        assertThat(OnnxModel.read(file).layers()).isNotEmpty();
      }
    }
  }

  /** A killed process leaves no output or a whole one, and the earlier file as it was. */
  @Test
  void killedAtAnyMomentACompressionLeavesWholeFilesOnly(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path model = TrainedRun.folder().resolve("model.onnx");
    Path out = folder.resolve("small.onnx");
    String[] args = {"compress", model.toString(), "--params", "0.5", "--out", out.toString()};
    long start = System.nanoTime();
    assertThat(start(args).waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    long whole = System.nanoTime() - start;
    byte[] wanted = Files.readAllBytes(out);
    SplittableRandom random = new SplittableRandom(1);
    int killed = 0;
    for (int i = 0; i < 8; i++) {
      Files.delete(out);
      Process compress = start(args);
      if (!compress.waitFor(random.nextLong(whole / 4, whole), TimeUnit.NANOSECONDS)) {
        compress.destroyForcibly().waitFor();
        killed++;
      }
      if (Files.exists(out)) {
        assertThat(out).hasBinaryContent(wanted);
      } else {
        Files.write(out, wanted);
      }
    }
    assertThat(killed).isPositive();
  }

  @Test
  void aFullDiskIsOneLineAndLeavesNoPart(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString())
                .start()
                .waitFor()
            == 0,
        "needs the right to mount a small tmpfs");
    try {
      Process train =
          start(
              "train",
              "--hidden",
              "32",
              "--epochs",
              "1",
              "--batch-size",
              "128",
              "--out",
              disk + "/run");
      List<String> errors;
      try (BufferedReader reader = train.errorReader()) {
        errors = reader.lines().filter(line -> line.startsWith("rankfall:")).toList();
      }
      assertThat(train.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(train.exitValue()).isEqualTo(ExitCode.FAILURE);
      assertThat(errors).hasSize(1);
      assertThat(errors.get(0)).contains("best.safetensors").contains("No space left");
      assertThat(filesIn(disk)).isEmpty();
    } finally {
      new ProcessBuilder("umount", disk.toString()).start().waitFor();
    }
  }

  @Test
  void aFullDiskLeavesTheEarlierRunAsItWas(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk.toString())
                .start()
                .waitFor()
            == 0,
        "needs the right to mount a small tmpfs");
    try {
      String[] small = {"--epochs", "1", "--batch-size", "256", "--out", disk + "/run"};
      assertThat(trained("16", small)).isEqualTo(ExitCode.OK);
      Map<Path, Integer> earlier = contents(disk);
      assertThat(earlier).hasSize(5);
      assertThat(trained("64", small)).isEqualTo(ExitCode.FAILURE);
      assertThat(contents(disk)).isEqualTo(earlier);
    } finally {
      new ProcessBuilder("umount", disk.toString()).start().waitFor();
    }
  }

  private static int trained(String hidden, String[] options)
      throws IOException, InterruptedException {
    List<String> args = new ArrayList<>(List.of("train", "--hidden", hidden));
    args.addAll(List.of(options));
    Process train = start("-Xmx1g", args);
    try (BufferedReader reader = train.errorReader()) {
      reader.lines().forEach(line -> {});
    }
    assertThat(train.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return train.exitValue();
  }

  private static Map<Path, Integer> contents(Path folder) throws IOException {
    Map<Path, Integer> contents = new HashMap<>();
    for (Path file : filesIn(folder)) {
      contents.put(file, Arrays.hashCode(Files.readAllBytes(file)));
    }
    return contents;
  }

  @Test
  void tooLittleMemoryIsOneLineThatSaysWhatToDo(@TempDir Path folder)
      throws IOException, InterruptedException {
    Process train = start("-Xmx64m", "train", "--out", folder.resolve("run").toString());
    List<String> errors;
    try (BufferedReader reader = train.errorReader()) {
      errors = reader.lines().toList();
    }
    assertThat(train.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(train.exitValue()).isEqualTo(ExitCode.FAILURE);
    assertThat(errors).hasSize(1);
    assertThat(errors.get(0)).startsWith("rankfall: memory: expected more than ");
  }

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
        new ProcessBuilder(command(heap, List.of(args)))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
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

  private static Process start(String... args) throws IOException {
    return args[0].startsWith("-X")
        ? start(args[0], List.of(args).subList(1, args.length))
        : start("-Xmx1g", List.of(args));
  }

  private static Process start(String heap, List<String> args) throws IOException {
    return new ProcessBuilder(command(heap, args))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static List<String> command(String heap, List<String> args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            heap,
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(args);
    return command;
  }

  private static List<Path> filesIn(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
