package io.rankfall.cli;

import io.rankfall.compress.Compression;
import io.rankfall.study.FineTuning;
import io.rankfall.study.ResultsFile;
import io.rankfall.study.RunFiles;
import io.rankfall.study.RunRecord;
import io.rankfall.train.Dataset;
import io.rankfall.train.RunSpec;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.data.Datasets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How {@code compress} trains a run's compressed network on. */
final class TuningOptions {
  @Option(
      names = "--finetune-epochs",
      paramLabel = "N",
      description =
          "Of a run's folder: train the compressed network on, with its ranks, by the run's own recipe. The learning "
              + "rate falls along a cosine.")
  private @Nullable Integer epochs;

  @Option(
      names = "--finetune-lr",
      paramLabel = "MU",
      description = "The first learning rate; half of the run's by default.")
  private @Nullable Double learningRate;

  @Mixin private final DataFolderOption folder = new DataFolderOption();

  /** Refuses what cannot be trained on, before anything else is done. */
  void requireUsable(Path file) {
    if (learningRate != null && epochs == null) {
      throw new UsageException("--finetune-lr: expected --finetune-epochs beside it, found none");
    }
    if (epochs != null && epochs < 1) {
      throw new UsageException("--finetune-epochs: expected >= 1, found " + epochs);
    }
    if (epochs != null && !Files.isRegularFile(file.resolve(RunFiles.RUN))) {
      throw new UsageException("--finetune-epochs: expected the folder of a run, found " + file);
    }
  }

  /** Trains on what is compressed, if that is wanted. */
  void addTo(Compression compression, Path run, Console console)
      throws IOException, InterruptedException {
    if (epochs == null) {
      return;
    }
    RunRecord record = ResultsFile.readRun(run.resolve(RunFiles.RUN));
    RunSpec spec = record.spec();
    Dataset dataset = record.data(Datasets.in(folder.folder()).open(spec.dataset()));
    double rate =
        learningRate == null
            ? FineTuning.RATE_SHARE * spec.optimizer().learningRate()
            : learningRate;
    TrainingListener progress =
        new TrainingProgress(console, "tuning", spec.withEpochs(epochs), dataset, null);
    compression.refinement(new FineTuning(spec, dataset, epochs, rate, progress));
  }
}
