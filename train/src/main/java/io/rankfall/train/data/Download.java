package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Fetches published files by HTTP. What has arrived stays in {@code NAME.part}, from whose end the
 * next attempt goes on, of this process or a later one. A file appears under its name when all its
 * bytes are there and their SHA-256 is the published one.
 */
final class Download {
  /**
   * How patient a download is.
   *
   * @param silence so long the other side may send nothing
   * @param pauses before each further attempt; one that has brought bytes starts them anew
   */
  record Patience(Duration silence, List<Duration> pauses) {
    static final Patience DEFAULT =
        new Patience(
            Duration.ofSeconds(30),
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(3), Duration.ofSeconds(9)));

    Patience {
      pauses = List.copyOf(pauses);
    }
  }

  private final Patience patience;
  private final TransferListener listener;
  private final HttpClient client;

  Download(Patience patience, TransferListener listener) {
    this.patience = patience;
    this.listener = listener;
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(patience.silence())
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
  }

  /**
   * Fetches a file.
   *
   * @param target its place; the folder is made if need be
   * @throws IOException in one line, if it cannot be had whole
   */
  void fetch(PublishedFile file, Path target) throws IOException, InterruptedException {
    Path part = target.resolveSibling(target.getFileName() + ".part");
    Files.createDirectories(part.toAbsolutePath().getParent());
    try {
      receive(file, part);
    } finally {
      if (Files.exists(part) && Files.size(part) == 0) {
        Files.delete(part);
      }
    }
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void receive(PublishedFile file, Path part) throws IOException, InterruptedException {
    try (FileChannel channel =
            FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lock(channel, part)) {
      boolean kept = channel.size() > 0;
      fill(file, channel);
      @Nullable String other = otherHash(file, part);
      if (other != null && kept) {
        // What an earlier attempt has left may be of another file.
        channel.truncate(0);
        fill(file, channel);
        other = otherHash(file, part);
      }
      if (other != null) {
        channel.truncate(0);
        throw new DataFormatException(other);
      }
      channel.force(true);
      lock.release();
    }
  }

  private static FileLock lock(FileChannel channel, Path part) throws IOException {
    @Nullable FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // As by another process, but by this one.
    }
    if (lock == null) {
      throw new IOException(
          "%s: expected to be alone in downloading it, found another one at it".formatted(part));
    }
    return lock;
  }

  private static @Nullable String otherHash(PublishedFile file, Path part) throws IOException {
    try {
      FolderFiles.requireHash(part, file.sha256());
      return null;
    } catch (DataFormatException e) {
      return String.valueOf(e.getMessage()).replace(part.toString(), file.address().toString());
    }
  }

  /** Attempts until all bytes are there, or until nothing more has come for too long. */
  private void fill(PublishedFile file, FileChannel channel)
      throws IOException, InterruptedException {
    int failures = 0;
    while (channel.size() != file.bytes()) {
      long before = channel.size();
      try {
        attempt(file, channel);
      } catch (Reception.Refusal e) {
        throw e;
      } catch (IOException e) {
        failures = channel.size() > before ? 1 : failures + 1;
        // Whoever has no network should hear of it soon.
        int most = e instanceof ConnectException ? 1 : patience.pauses().size();
        if (failures > most) {
          throw new IOException(
              "%s: expected %d bytes, found %d after %d attempts (%s)"
                  .formatted(file.address(), file.bytes(), channel.size(), failures, reason(e)),
              e);
        }
        Thread.sleep(patience.pauses().get(failures - 1).toMillis());
      }
    }
  }

  private static String reason(IOException e) {
    String name = e instanceof ConnectException ? "no connection" : e.getClass().getSimpleName();
    return e.getMessage() == null ? name : e.getMessage().lines().findFirst().orElse(name);
  }

  private void attempt(PublishedFile file, FileChannel channel)
      throws IOException, InterruptedException {
    if (channel.size() > file.bytes()) {
      channel.truncate(0);
    }
    long from = channel.size();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(file.address()).timeout(patience.silence());
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    try (Reception reception = new Reception(file, channel, listener)) {
      CompletableFuture<?> response = client.sendAsync(request.build(), reception);
      try {
        await(response, reception);
      } finally {
        response.cancel(true);
      }
    }
    if (channel.size() < file.bytes()) {
      throw new IOException("the connection ended early");
    }
  }

  /** Waits as long as something comes. */
  private void await(CompletableFuture<?> response, Reception reception)
      throws IOException, InterruptedException {
    while (true) {
      long before = reception.received();
      try {
        response.get(patience.silence().toMillis(), TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        if (reception.received() == before) {
          throw new IOException("silence for " + patience.silence().toSeconds() + " s", e);
        }
      } catch (ExecutionException e) {
        throw ioException(e);
      }
    }
  }

  private static IOException ioException(ExecutionException e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException found) {
        return found;
      }
    }
    return new IOException(String.valueOf(e.getMessage()), e);
  }
}
