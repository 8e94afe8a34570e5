package io.rankfall.study.sweep;

import io.rankfall.study.store.Claim;
import io.rankfall.study.store.Provenance;
import io.rankfall.study.store.RunState;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.RunOutcome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** One training of a run, from its last checkpoint. */
final class Trial implements Attempt {
  private final SweepExecution execution;
  private final Claim claim;
  private final Path checkpoint;
  private final Provenance provenance;
  private @Nullable EpochRecord last;
  private boolean ended;

  Trial(SweepExecution execution, Claim claim, Path checkpoint, Provenance provenance) {
    this.execution = execution;
    this.claim = claim;
    this.checkpoint = checkpoint;
    this.provenance = provenance;
  }

  @Override
  public Message.Order order() throws IOException {
    removeUnfinished();
    return new Message.Task(
        claim.spec(),
        checkpoint.toString(),
        claim.lastStored(),
        execution.plan().checkpointSeconds());
  }

  /** What processes that were killed have left of checkpoints of this run. */
  private void removeUnfinished() throws IOException {
    try (DirectoryStream<Path> parts =
        Files.newDirectoryStream(
            execution.plan().checkpoints(), checkpoint.getFileName() + ".*.part")) {
      for (Path part : parts) {
        Files.deleteIfExists(part);
      }
    }
  }

  @Override
  public void hear(Message message) throws IOException {
    if (message instanceof Message.Started started) {
      claim.started(started.from(), provenance);
      if (started.refused() != null) {
        execution.note("run %s starts anew: %s".formatted(claim.run(), started.refused()));
      }
      execution.listener().onStart(claim.spec(), started.from());
    } else if (message instanceof Message.Epoch epoch) {
      EpochRecord record = epoch.record();
      claim.record(record);
      last = record;
      execution.listener().onEpoch(claim.spec(), record);
    } else if (message instanceof Message.Checkpointed checkpointed) {
      claim.checkpointed(checkpoint.getFileName().toString(), checkpointed.epoch());
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
    } else if (message instanceof Message.Note note) {
      execution.note(note.text());
    }
  }

  @Override
  public void failed(String message) throws IOException {
    ended(claim.crashed(message), message, 0);
  }

  @Override
  public void lost(String message) throws IOException {
    claim.lost(message);
    ended(RunState.WAITING, message, 0);
  }

  private void ended(RunState state, @Nullable String message, double seconds) {
    ended = true;
    execution.listener().onEnd(claim.spec(), state, last, message, seconds);
  }

  @Override
  public boolean hasEnded() {
    return ended;
  }
}
