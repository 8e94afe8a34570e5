package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path directory = Path.of("");

  private void assertOnly(String... names) throws IOException {
    try (var files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(names);
    }
  }

  @Test
  void replacesAFile() throws Exception {
    Path target = Files.writeString(directory.resolve("a"), "old");
    AtomicFile.write(target, out -> out.write("new".getBytes(StandardCharsets.US_ASCII)));
    assertThat(target).hasContent("new");
    assertOnly("a");
  }

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws Exception {
    Path target = Files.writeString(directory.resolve("a"), "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    target,
                    out -> {
                      out.write(new byte[100_000]);
                      throw new IOException("stop");
                    }))
        .hasMessage("stop");
    assertThat(target).hasContent("old");
    assertOnly("a");
  }

  @Test
  void refusesDirectoriesAndMissingParents() {
    assertThatThrownBy(() -> AtomicFile.write(directory, out -> out.write(1)))
        .isInstanceOf(IOException.class)
        .hasMessage("cannot write %s: expected a file, found a directory", directory);
    Path lost = directory.resolve("no/a");
    assertThatThrownBy(() -> AtomicFile.write(lost, out -> out.write(1)))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "cannot write %s: expected an existing directory %s, found nothing",
            lost, lost.getParent());
  }

  @Test
  void refusesAReadOnlyDirectory() throws Exception {
    withMount(
        "ro,size=64k",
        mount ->
            assertThatThrownBy(() -> AtomicFile.write(mount.resolve("a"), out -> out.write(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected a writable directory")
                .hasMessageContaining("Read-only"));
  }

  @Test
  void aFullDiskLeavesNothingBehind() throws Exception {
    withMount(
        "size=64k",
        mount -> {
          Path target = Files.writeString(mount.resolve("a"), "old");
          assertThatThrownBy(() -> AtomicFile.write(target, out -> out.write(new byte[1 << 20])))
              .isInstanceOf(IOException.class)
              .hasMessageStartingWith("cannot write " + target)
              .hasMessageContaining("No space left");
          assertThat(target).hasContent("old");
          try (var files = Files.list(mount)) {
            assertThat(files).hasSize(1);
          }
        });
  }

  /** Runs the test on a small file system of its own where the system lets us mount one. */
  private void withMount(String options, IoConsumer<Path> test) throws Exception {
    Path mount = Files.createDirectory(directory.resolve("mount"));
    boolean mounted;
    try {
      mounted = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", mount.toString()) == 0;
    } catch (IOException e) {
      mounted = false;
    }
    assumeTrue(mounted, "mounting a tmpfs needs root on Linux");
    try {
      test.accept(mount);
    } finally {
      assertThat(run("umount", mount.toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
