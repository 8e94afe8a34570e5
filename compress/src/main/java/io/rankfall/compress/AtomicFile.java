package io.rankfall.compress;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Files that appear whole or not at all. */
public final class AtomicFile {
  private static final AtomicLong SERIAL = new AtomicLong();

  /** Files being written, for the end of the process. */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private static final AtomicBoolean HOOKED = new AtomicBoolean();

  private AtomicFile() {}

  /**
   * Writes a file beside {@code target} ({@code NAME.*.part}), forces it to the disk and moves it
   * into place. On any failure the temporary file is removed and {@code target} is as it was.
   *
   * @param content writes the bytes; it need not buffer, flush or close
   * @throws IOException in one line, if the target is no regular file, its directory is missing or
   *     not writable, the disk is full, or {@code content} fails
   */
  public static void write(Path target, IoConsumer<? super OutputStream> content)
      throws IOException {
    Path directory = requireTarget(target);
    Path part =
        directory.resolve(
            "%s.%d-%d.part"
                .formatted(
                    target.getFileName(), ProcessHandle.current().pid(), SERIAL.incrementAndGet()));
    deleteAtExit(part);
    try {
      fill(target, part, content);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (FileSystemException e) {
      throw refused(target, "a writable directory " + directory, reason(e), e);
    } finally {
      Files.deleteIfExists(part);
      OPEN.remove(part);
    }
  }

  /** A process that is interrupted ends without running what is in finally. */
  private static void deleteAtExit(Path part) {
    OPEN.add(part);
    if (HOOKED.compareAndSet(false, true)) {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> OPEN.forEach(open -> open.toFile().delete()), "atomic-files"));
    }
  }

  /**
   * The directory of a file that could be written.
   *
   * @throws IOException in one line, if the target is no regular file or its directory is missing
   */
  public static Path requireTarget(Path target) throws IOException {
    if (Files.isDirectory(target)) {
      throw refused(target, "a file", "a directory", null);
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw refused(target, "a regular file", "a device or pipe", null);
    }
    Path parent = target.toAbsolutePath().getParent();
    if (parent == null || target.getFileName() == null) {
      throw refused(target, "a file", "no file name", null);
    }
    if (!Files.exists(parent)) {
      throw refused(target, "an existing directory " + parent, "nothing", null);
    }
    if (!Files.isDirectory(parent)) {
      throw refused(target, "an existing directory " + parent, "a file", null);
    }
    return parent;
  }

  private static void fill(Path target, Path part, IoConsumer<? super OutputStream> content)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      OutputStream named = new Named(target, Channels.newOutputStream(channel));
      BufferedOutputStream buffered = new BufferedOutputStream(named, 1 << 16);
      content.accept(buffered);
      buffered.flush();
      channel.force(true);
    }
  }

  private static IOException refused(
      Path target, String expected, String found, @Nullable Throwable why) {
    return new IOException(
        "cannot write %s: expected %s, found %s".formatted(target, expected, found), why);
  }

  private static String reason(FileSystemException e) {
    if (e instanceof AccessDeniedException) {
      return "access denied";
    }
    String reason = e.getReason();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }

  /** Failures of the disk, which come without a file name, under the name of the target. */
  private static final class Named extends FilterOutputStream {
    private final Path target;

    Named(Path target, OutputStream out) {
      super(out);
      this.target = target;
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        out.write(bytes, from, count);
      } catch (IOException e) {
        throw refused(target, "room for the whole file", String.valueOf(e.getMessage()), e);
      }
    }
  }
}
