package io.rankfall.study.sweep;

import io.rankfall.study.store.Provenance;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A {@link WorkerLink} as a way for {@linkplain Message messages}. */
final class WorkerChannel implements AutoCloseable {
  private final WorkerLink link;
  private volatile @Nullable Provenance provenance;

  WorkerChannel(WorkerLink link) {
    this.link = link;
  }

  /** Waits until the worker can be given an order; false if it ended before. */
  boolean awaitReady() {
    if (provenance == null && receive().orElse(null) instanceof Message.Ready ready) {
      provenance = ready.provenance();
    }
    return isReady();
  }

  /** Whether the worker has been ready once. */
  boolean isReady() {
    return provenance != null;
  }

  /** Of all that the worker measures. */
  Provenance provenance() {
    Provenance known = provenance;
    if (known == null) {
      throw new IllegalStateException("worker: expected it to be ready");
    }
    return known;
  }

  void send(Message.Order order) {
    link.send(Message.text(order));
  }

  /** The next message; empty when the worker has ended. Lines that are none are left out. */
  Optional<Message> receive() {
    try {
      for (Optional<String> line = link.receive(); line.isPresent(); line = link.receive()) {
        if (line.get().startsWith("{")) {
          return Optional.of(Message.of(line.get()));
        }
      }
    } catch (IllegalArgumentException e) {
      // A worker that was killed leaves half a line; one that writes nonsense is of no use.
      link.close();
    }
    return Optional.empty();
  }

  WorkerLink.Ending ending() throws InterruptedException {
    return link.ending();
  }

  @Override
  public void close() {
    link.close();
  }
}
