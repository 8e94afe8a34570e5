package io.rankfall.cli;

import io.rankfall.compress.Compression;
import io.rankfall.study.FineTuning;
import io.rankfall.study.RunFiles;
import io.rankfall.study.TrainedRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;

/** Whether and how {@code compress} trains a run's compressed network on. */
final class TuningOptions {
  @Mixin private final RecipeOptions options = new RecipeOptions();

  @Mixin private final DataFolderOption folder = new DataFolderOption();

  /** Refuses what cannot be trained on, before anything else is done. */
  void requireUsable(Path file) {
    options.requireUsable();
    String detail = options.detail();
    if (detail != null && !options.isEpochsGiven()) {
      throw new UsageException(detail + ": expected --finetune-epochs beside it, found none");
    }
    if (options.isEpochsGiven() && !Files.isRegularFile(file.resolve(RunFiles.RUN))) {
      throw new UsageException("--finetune-epochs: expected the folder of a run, found " + file);
    }
  }

  /** Trains on what is compressed, if that is wanted. */
  void addTo(Compression compression, Path run, Console console)
      throws IOException, InterruptedException {
    if (!options.isEpochsGiven()) {
      return;
    }
    TrainedRun dense = TrainedRun.read(run, folder.folder());
    FineTuning.Recipe recipe = options.recipe(dense.spec());
    compression.refinement(
        new FineTuning(
            dense,
            recipe,
            TrainingProgress.ofTuning(console, dense.spec(), recipe, dense.dataset())));
  }
}
