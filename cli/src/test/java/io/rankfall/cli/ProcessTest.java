package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rankfall.compress.OnnxModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    Process train = start(args.toArray(String[]::new));
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
    Process train = discarding("-Xmx64m", "train", "--out", folder.resolve("run").toString());
    List<String> errors;
    try (BufferedReader reader = train.errorReader()) {
      errors = reader.lines().toList();
    }
    assertThat(train.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(train.exitValue()).isEqualTo(ExitCode.FAILURE);
    assertThat(errors).hasSize(1);
    assertThat(errors.get(0)).startsWith("rankfall: memory: expected more than ");
  }

  private static Process start(String... args) throws IOException {
    return discarding("-Xmx1g", args);
  }

  private static Process discarding(String heap, String... args) throws IOException {
    return Child.with(heap, args).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static List<Path> filesIn(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
