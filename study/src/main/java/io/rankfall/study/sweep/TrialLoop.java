package io.rankfall.study.sweep;

import io.rankfall.study.store.Claim;
import io.rankfall.study.store.Claimed;
import io.rankfall.study.store.SearchClaim;
import io.rankfall.study.store.Session;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One worker, given trial after trial or search, and another in place of one that ended. */
final class TrialLoop {
  /** Time for an interruption of all processes of a terminal to reach this one too. */
  private static final long MILLIS_FOR_SIGNALS = 300;

  /** Doubled with each worker that is lost before it is ready. */
  private static final long MILLIS_AFTER_LOSS = 500;

  private static final long MOST_MILLIS_AFTER_LOSS = 30_000;
  private static final int MOST_LOST_STARTS = 8;

  private final SweepExecution execution;
  private final Session session;
  private @Nullable WorkerChannel worker;

  TrialLoop(SweepExecution execution, Session session) {
    this.execution = execution;
    this.session = session;
  }

  void run() throws IOException, InterruptedException {
    try {
      while (true) {
        // The worker first: a claim is not held while it reads its data.
        Optional<WorkerChannel> ready = ready();
        if (ready.isEmpty()) {
          return;
        }
        Optional<Claimed> claim = execution.next(session);
        if (claim.isEmpty()) {
          return;
        }
        work(claim.get(), ready.get());
      }
    } finally {
      close();
    }
  }

  /** May be called by any thread; a trial under way is then cut off. */
  synchronized void close() {
    if (worker != null) {
      worker.close();
      worker = null;
    }
  }

  /** Ends a worker that nobody needs any more before it is there. */
  synchronized void closeUnlessReady() {
    if (worker != null && !worker.isReady()) {
      close();
    }
  }

  /** The worker, asked for if there is none; empty when it is too late to ask. */
  private synchronized Optional<WorkerChannel> worker() throws IOException {
    if (worker == null && !execution.isOver()) {
      worker = new WorkerChannel(execution.plan().workplace().start());
    }
    return Optional.ofNullable(worker);
  }

  /**
   * A worker that waits for an order; empty if nothing is left to do.
   *
   * @throws IOException in one line, if none can be started: then no trial could be trained
   */
  private Optional<WorkerChannel> ready() throws IOException, InterruptedException {
    Optional<WorkerChannel> asked = worker();
    for (int lost = 0; asked.isPresent() && !asked.get().awaitReady(); lost++) {
      if (execution.isOver()) {
        return Optional.empty();
      }
      WorkerLink.Ending ending = asked.get().ending();
      close();
      if (ending.cause() == WorkerLink.Cause.CRASHED || lost == MOST_LOST_STARTS) {
        throw new IOException("worker: expected it to start, found " + ending.message());
      }
      execution.note("another worker is asked for: " + ending.message());
      execution.pause(Math.min(MILLIS_AFTER_LOSS << lost, MOST_MILLIS_AFTER_LOSS));
      asked = worker();
    }
    return asked;
  }

  private Attempt attempt(Claimed claimed, WorkerChannel ready) {
    Path file = execution.plan().checkpoints().resolve(claimed.run() + ".safetensors");
    return claimed instanceof SearchClaim search
        ? new Search(execution, search, file, ready.provenance())
        : new Trial(execution, (Claim) claimed, file, ready.provenance());
  }

  private void work(Claimed claimed, WorkerChannel ready) throws IOException, InterruptedException {
    Attempt attempt = attempt(claimed, ready);
    try {
      ready.send(attempt.order());
      while (!attempt.hasEnded()) {
        Optional<Message> message = ready.receive();
        if (message.isEmpty()) {
          ended(attempt, claimed.run(), ready.ending());
          return;
        }
        attempt.hear(message.get());
      }
    } catch (IOException e) {
      if (!execution.isGivenUp(e)) {
        throw e;
      }
      if (!execution.stopping()) {
        execution.note(String.valueOf(e.getMessage()));
      }
      close();
    }
  }

  private void ended(Attempt attempt, String run, WorkerLink.Ending ending)
      throws IOException, InterruptedException {
    close();
    Thread.sleep(MILLIS_FOR_SIGNALS);
    if (execution.stopping()) {
      return;
    }
    if (ending.cause() == WorkerLink.Cause.LOST && !execution.isLostTooOften(run)) {
      attempt.lost(ending.message());
    } else {
      attempt.failed(ending.message());
    }
  }
}
