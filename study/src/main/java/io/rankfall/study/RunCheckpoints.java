package io.rankfall.study;

import io.rankfall.compress.SafetensorsFile;
import io.rankfall.train.Checkpoint;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Network;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a training keeps in its run's folder while it is under way: {@code checkpoint.safetensors},
 * from which it goes on, and {@code best.safetensors}, the weights with the highest accuracy so far
 * under the names of {@code model.safetensors}.
 */
public final class RunCheckpoints {
  public static final String NEWEST = "checkpoint.safetensors";
  public static final String BEST = "best.safetensors";

  private final Path folder;

  public RunCheckpoints(Path folder) {
    this.folder = folder;
  }

  /** Where {@link #read} reads. */
  public Path newest() {
    return folder.resolve(NEWEST);
  }

  /**
   * The newest checkpoint, or null if there is none.
   *
   * @throws IOException in one line, if it is damaged
   */
  public @Nullable Checkpoint read() throws IOException {
    return Files.exists(newest()) ? Checkpoint.read(newest()) : null;
  }

  /**
   * The newest checkpoint if there is more in it than the folder's {@code run.json} tells of the
   * same run, so that a training would be lost with it; null otherwise.
   *
   * @throws IOException in one line, if it is damaged
   */
  public @Nullable Checkpoint unfinished() throws IOException {
    Checkpoint checkpoint = read();
    return checkpoint == null || checkpoint.begunEpoch() == 0 || isTold(checkpoint)
        ? null
        : checkpoint;
  }

  private boolean isTold(Checkpoint checkpoint) {
    RunRecord run;
    try {
      run = ResultsFile.readRun(folder.resolve(RunFiles.RUN));
    } catch (IOException e) {
      // Missing or damaged, it tells nothing.
      return false;
    }
    return run.spec().id().equals(checkpoint.spec().id())
        && run.dataSha256().equals(checkpoint.dataSha256())
        && (run.result().outcome().diverged() != null
            || run.result().lastEpoch().epoch() >= checkpoint.begunEpoch());
  }

  void write(Checkpoint checkpoint) throws IOException {
    checkpoint.write(newest());
  }

  /** Writes the network of the best epoch so far. */
  void writeBest(RunSpec spec, EpochRecord epoch, Network network) throws IOException {
    NetworkExport.safetensors(
        network,
        folder.resolve(BEST),
        Map.of(
            "run", spec.id(),
            "epoch", Integer.toString(epoch.epoch()),
            "chosen by", "highest %s accuracy".formatted(epoch.selectionName()),
            "accuracy", Double.toString(epoch.selection().accuracy())));
  }

  /** Whether the best weights kept are those of this run after this epoch, as the file says. */
  boolean holdsBest(RunSpec spec, int epoch) {
    try {
      Map<String, String> metadata = SafetensorsFile.read(folder.resolve(BEST)).metadata();
      return spec.id().equals(metadata.get("run"))
          && Integer.toString(epoch).equals(metadata.get("epoch"));
    } catch (IOException e) {
      // Missing or damaged, it holds nothing.
      return false;
    }
  }

  /** Removes what killed processes have left of checkpoints and of runs being exported. */
  public void removeParts() throws IOException {
    for (String name : new String[] {NEWEST, BEST}) {
      try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, name + ".*.part")) {
        for (Path part : parts) {
          Files.deleteIfExists(part);
        }
      }
    }
    RunFiles.removeParts(folder);
  }
}
