package io.rankfall.study.sweep;

import io.rankfall.study.store.Claim;
import io.rankfall.study.store.Claimed;
import io.rankfall.study.store.Provenance;
import io.rankfall.study.store.RunState;
import io.rankfall.study.store.SearchClaim;
import io.rankfall.study.store.Session;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.RunOutcome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One worker process, given trial after trial or search, whose messages go to the study. */
final class TrialLoop {
  /** Time for an interruption of all processes of a terminal to reach this one too. */
  private static final long MILLIS_FOR_SIGNALS = 300;

  private final SweepExecution execution;
  private final Session session;
  private final SweepExecution.Plan plan;
  private final SweepListener listener;
  private @Nullable WorkerProcess worker;
  private String dataSha256 = "";

  TrialLoop(
      SweepExecution execution, Session session, SweepExecution.Plan plan, SweepListener listener) {
    this.execution = execution;
    this.session = session;
    this.plan = plan;
    this.listener = listener;
  }

  void run() throws IOException, InterruptedException {
    try {
      while (true) {
        // The worker first: a claim is not held while it reads its data.
        WorkerProcess ready = ready();
        Optional<Claimed> claim = execution.next(session);
        if (claim.isEmpty()) {
          return;
        }
        work(attempt(claim.get()), ready);
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

  private synchronized @Nullable WorkerProcess current() {
    return worker;
  }

  private synchronized void keep(WorkerProcess started) {
    worker = started;
  }

  /**
   * A worker that waits for a task.
   *
   * @throws IOException in one line, if none can be started: then no trial could be trained
   */
  private WorkerProcess ready() throws IOException, InterruptedException {
    WorkerProcess present = current();
    if (present != null) {
      return present;
    }
    WorkerProcess started = new WorkerProcess(plan.workerCommand());
    keep(started);
    if (started.receive().orElse(null) instanceof Message.Ready message) {
      dataSha256 = message.dataSha256();
      return started;
    }
    throw new IOException("worker: expected it to start, found " + started.ending());
  }

  private Attempt attempt(Claimed claimed) {
    Path file = plan.checkpoints().resolve(claimed.run() + ".safetensors");
    if (claimed instanceof SearchClaim search) {
      return new Search(search, file, Provenance.here(dataSha256), execution.searches(), listener);
    }
    return new Trial((Claim) claimed, file);
  }

  private void work(Attempt attempt, WorkerProcess ready) throws IOException, InterruptedException {
    try {
      ready.send(attempt.order());
      while (!attempt.hasEnded()) {
        Optional<Message> message = ready.receive();
        if (message.isEmpty()) {
          crashed(attempt, ready);
          return;
        }
        attempt.hear(message.get());
      }
    } catch (IOException e) {
      if (!execution.isGivenUp(e)) {
        throw e;
      }
      if (!execution.stopping()) {
        listener.onNote(String.valueOf(e.getMessage()));
      }
      close();
    }
  }

  /** What processes that were killed have left of checkpoints of this run. */
  private void removeUnfinished(Path file) throws IOException {
    try (DirectoryStream<Path> parts =
        Files.newDirectoryStream(plan.checkpoints(), file.getFileName() + ".*.part")) {
      for (Path part : parts) {
        Files.deleteIfExists(part);
      }
    }
  }

  private void crashed(Attempt attempt, WorkerProcess ended)
      throws IOException, InterruptedException {
    String ending = ended.ending();
    close();
    Thread.sleep(MILLIS_FOR_SIGNALS);
    if (!execution.stopping()) {
      attempt.failed(ending);
    }
  }

  /** One attempt at a run. */
  private final class Trial implements Attempt {
    private final Claim claim;
    private final Path file;
    private @Nullable EpochRecord last;
    private boolean ended;

    Trial(Claim claim, Path file) {
      this.claim = claim;
      this.file = file;
    }

    @Override
    public Message.Order order() throws IOException {
      removeUnfinished(file);
      return new Message.Task(
          claim.spec(), file.toString(), claim.lastStored(), plan.checkpointSeconds());
    }

    @Override
    public void hear(Message message) throws IOException {
      if (message instanceof Message.Started started) {
        claim.started(started.from(), Provenance.here(dataSha256));
        if (started.refused() != null) {
          listener.onNote("run %s starts anew: %s".formatted(claim.run(), started.refused()));
        }
        listener.onStart(claim.spec(), started.from());
      } else if (message instanceof Message.Epoch epoch) {
        EpochRecord record = epoch.record();
        claim.record(record);
        last = record;
        listener.onEpoch(claim.spec(), record);
      } else if (message instanceof Message.Checkpointed checkpointed) {
        claim.checkpointed(file.getFileName().toString(), checkpointed.epoch());
      } else if (message instanceof Message.Completed completed) {
        claim.completed(completed.seconds());
        ended(RunState.COMPLETED, null, completed.seconds());
      } else if (message instanceof Message.Diverged d) {
        RunOutcome.Diverged outcome = new RunOutcome.Diverged(d.epoch(), d.step(), d.reason());
        claim.diverged(outcome, d.seconds());
        ended(RunState.DIVERGED, outcome.message(), d.seconds());
      } else if (message instanceof Message.Failed failed) {
        failed(failed.message());
      } else if (message instanceof Message.Unwritable unwritable) {
        throw new IOException(unwritable.message());
      }
    }

    @Override
    public boolean hasEnded() {
      return ended;
    }

    @Override
    public void failed(String message) throws IOException {
      ended(claim.crashed(message), message, 0);
    }

    private void ended(RunState state, @Nullable String message, double seconds) {
      ended = true;
      listener.onEnd(claim.spec(), state, last, message, seconds);
    }
  }
}
