package io.rankfall.cli;

import io.rankfall.study.CheckpointInterval;
import io.rankfall.study.RunCheckpoints;
import io.rankfall.study.TrainingPaused;
import io.rankfall.train.Checkpoint;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How a training is kept while it is under way, and how it goes on. */
final class CheckpointOptions {
  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      converter = Interval.class,
      defaultValue = "1",
      description = "Epochs between two checkpoints, or a time such as 30s, 10m or 1.5h.")
  private CheckpointInterval interval = new CheckpointInterval.Epochs(1);

  @Option(
      names = "--resume",
      description = {
        "Go on from the checkpoint in --out, to the same bits as if never stopped. The settings",
        "have to be the checkpoint's; more epochs are allowed. Without a checkpoint: begin."
      })
  private boolean resume;

  @Option(
      names = "--overwrite",
      description = "Begin anew although --out holds the checkpoint of an unfinished training.")
  private boolean overwrite;

  @Option(
      names = "--max-minutes",
      paramLabel = "M",
      description = "Pause after so many minutes, with a checkpoint.")
  private @Nullable Double maxMinutes;

  CheckpointInterval interval() {
    return interval;
  }

  /** When to pause, in minutes from now on; infinite without the option. */
  double maxMinutes() {
    return maxMinutes == null ? Double.POSITIVE_INFINITY : maxMinutes;
  }

  /** Refuses values that do not go together, before the data are read. */
  void require() {
    if (resume && overwrite) {
      throw new UsageException("--overwrite: expected without --resume, found both");
    }
    if (maxMinutes != null && !(maxMinutes > 0)) {
      throw new UsageException("--max-minutes: expected > 0, found " + maxMinutes);
    }
  }

  /**
   * Where the training begins: a checkpoint, or null for its first step.
   *
   * @throws UsageException if the folder holds an unfinished training and neither option is given,
   *     or a checkpoint of other settings
   * @throws IOException in one line, if the checkpoint is damaged
   */
  @Nullable Checkpoint start(RunCheckpoints folder, RunSpec spec, Console console)
      throws IOException {
    if (resume) {
      Checkpoint from = folder.read();
      if (from == null) {
        console.progress("No %s: training from the beginning".formatted(folder.newest()));
        return null;
      }
      requireOf(from, spec, folder);
      console.progress("Going on " + TrainingPaused.position(from, spec.epochs()));
      return from;
    }
    Checkpoint unfinished = overwrite ? null : folder.unfinished();
    if (unfinished != null) {
      throw new UsageException(
          "%s: expected no unfinished training, found one %s; --resume goes on, --overwrite begins anew"
              .formatted(
                  folder.newest(),
                  TrainingPaused.position(unfinished, unfinished.spec().epochs())));
    }
    return null;
  }

  private static void requireOf(Checkpoint from, RunSpec spec, RunCheckpoints folder) {
    String difference = from.difference(spec);
    if (difference != null) {
      throw new UsageException(
          "--resume: expected the settings of %s, found others: %s"
              .formatted(folder.newest(), difference));
    }
    if (from.begunEpoch() > spec.epochs()) {
      throw new UsageException(
          "--epochs: expected at least the %d of %s, found %d"
              .formatted(from.begunEpoch(), folder.newest(), spec.epochs()));
    }
  }

  /** As the library reads it. */
  static final class Interval implements ITypeConverter<CheckpointInterval> {
    @Override
    public CheckpointInterval convert(String text) {
      try {
        return CheckpointInterval.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
