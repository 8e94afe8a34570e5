package io.rankfall.spark;

import io.rankfall.study.sweep.WorkerLink;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A worker that a {@link WorkerTask} has started, or will when there is room for it. */
final class SparkLink implements WorkerLink {
  private static final long MILLIS_BETWEEN_LOOKS = 200;

  private final CompletableFuture<SocketLines> connection = new CompletableFuture<>();
  private final Runnable onClose;
  private volatile @Nullable Future<?> job;
  private volatile Ending ending = new Ending(Cause.LOST, "worker ended by the driver");
  private boolean heard;

  /**
   * @param onClose gives up the worker's token
   */
  SparkLink(Runnable onClose) {
    this.onClose = onClose;
  }

  /** The job whose only task starts the worker. */
  void runsIn(Future<?> submitted) {
    job = submitted;
  }

  /** The task has called. */
  void connected(SocketLines lines) {
    if (!connection.complete(lines)) {
      lines.close();
    }
  }

  @Override
  public void send(String line) {
    SocketLines lines = present();
    if (lines != null) {
      lines.write(line);
    }
  }

  private @Nullable SocketLines present() {
    return connection.isCompletedExceptionally() ? null : connection.getNow(null);
  }

  @Override
  public Optional<String> receive() {
    SocketLines lines = awaitConnection();
    if (lines == null) {
      return Optional.empty();
    }
    Optional<String> line = lines.read();
    if (line.isEmpty()) {
      ending = new Ending(Cause.LOST, "lost the executor on " + lines.peer());
    } else if (line.get().startsWith(WorkerTask.ENDED)) {
      // A machine on which no worker starts need not be the only one: then another is asked for.
      ending =
          new Ending(
              heard ? Cause.CRASHED : Cause.LOST, line.get().substring(WorkerTask.ENDED.length()));
      line = Optional.empty();
    }
    heard = true;
    return line;
  }

  private @Nullable SocketLines awaitConnection() {
    try {
      while (true) {
        try {
          return connection.get(MILLIS_BETWEEN_LOOKS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          Future<?> submitted = job;
          if (submitted != null && submitted.isDone() && !connection.isDone()) {
            ending = new Ending(Cause.LOST, outcome(submitted));
            return null;
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (ExecutionException | CancellationException e) {
      // Closed before there was room.
      return null;
    }
  }

  /** Why a job ended whose task never called. */
  private static String outcome(Future<?> ended) throws InterruptedException {
    try {
      ended.get();
      return "Spark's task ended without a worker";
    } catch (ExecutionException | CancellationException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return "Spark: " + SparkCluster.firstLine(cause);
    }
  }

  @Override
  public Ending ending() {
    return ending;
  }

  @Override
  public void close() {
    connection.cancel(false);
    SocketLines lines = present();
    if (lines != null) {
      lines.close();
    }
    onClose.run();
    Future<?> submitted = job;
    if (submitted != null) {
      submitted.cancel(true);
    }
  }
}
