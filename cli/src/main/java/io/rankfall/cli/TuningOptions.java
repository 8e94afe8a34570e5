package io.rankfall.cli;

import io.rankfall.compress.Goal;
import io.rankfall.compress.RankPolicy;
import io.rankfall.study.FineTuning;
import io.rankfall.study.RunFiles;
import io.rankfall.study.Stages;
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
    if (detail != null && !isWanted()) {
      throw new UsageException(detail + ": expected --finetune-epochs beside it, found none");
    }
    if (isWanted() && !Files.isRegularFile(file.resolve(RunFiles.RUN))) {
      throw new UsageException("--finetune-epochs: expected the folder of a run, found " + file);
    }
  }

  void requireFor(Goal goal) {
    if (options.isStaged() && !(goal instanceof RankPolicy.ParameterBudget)) {
      throw new UsageException("--stages: expected --params beside it, found none");
    }
  }

  boolean isWanted() {
    return options.isEpochsGiven();
  }

  Stages stages(Path run, Stages.Compressions compressions, Console console)
      throws IOException, InterruptedException {
    TrainedRun dense = TrainedRun.read(run, folder.folder());
    FineTuning.Recipe recipe = options.recipe(dense.spec());
    return new Stages(
        run.resolve(RunFiles.ONNX),
        dense,
        recipe,
        compressions,
        TrainingProgress.ofTuning(console, dense.spec(), recipe, dense.dataset()));
  }
}
