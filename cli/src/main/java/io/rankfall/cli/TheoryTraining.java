package io.rankfall.cli;

import io.rankfall.study.NetworkFile;
import io.rankfall.study.ResultsFile;
import io.rankfall.study.RunFiles;
import io.rankfall.study.RunRecord;
import io.rankfall.train.Dataset;
import io.rankfall.train.Network;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.Trainer;
import io.rankfall.train.data.Datasets;
import io.rankfall.train.data.FashionMnist;
import io.rankfall.train.theory.TheoryPreset;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The training that {@code theory} looks at: a preset's, one of settings that are given, or a
 * finished run's once more.
 *
 * @param finished the run, or null
 */
record TheoryTraining(RunSpec spec, Dataset dataset, @Nullable Finished finished) {

  /**
   * A run that 'train' wrote.
   *
   * @param network it ended with, or null if it diverged
   */
  record Finished(Path folder, @Nullable Network network) {}

  static TheoryTraining ofRun(Path folder, Datasets datasets)
      throws IOException, InterruptedException {
    RunRecord record = ResultsFile.readRun(folder.resolve(RunFiles.RUN));
    RunSpec spec = record.trainedSpec();
    // Before the training rather than after it.
    Network network =
        record.result().outcome().diverged() == null
            ? NetworkFile.read(folder.resolve(RunFiles.SAFETENSORS), spec.architecture())
            : null;
    Dataset dataset = record.data(datasets.open(spec.dataset()));
    return new TheoryTraining(spec, dataset, new Finished(folder, network)).requireFit();
  }

  static TheoryTraining ofPreset(String name, long seed) throws IOException {
    TheoryPreset preset = UsageException.ifRefused(() -> TheoryPreset.named(name));
    Dataset all = FashionMnist.load();
    return new TheoryTraining(preset.spec(all, seed), all.first(preset.examples()), null)
        .requireFit();
  }

  /**
   * @param examples to train on, the first ones; 0 for all
   */
  static TheoryTraining ofSettings(SpecOptions options, int examples) throws IOException {
    // Refuses before the data are read.
    UsageException.ifRefused(
        () -> options.spec(FashionMnist.NAME, FashionMnist.SHAPE, FashionMnist.CLASSES));
    Dataset all = FashionMnist.load();
    return UsageException.ifRefused(
            () -> {
              Dataset dataset = examples == 0 ? all : all.first(examples);
              RunSpec spec = options.spec(dataset.name(), FashionMnist.SHAPE, FashionMnist.CLASSES);
              return new TheoryTraining(spec, dataset, null);
            })
        .requireFit();
  }

  private TheoryTraining requireFit() {
    UsageException.ifRefused(() -> new Trainer(dataset).requireFit(spec));
    return this;
  }

  /** Whether a finished run was arrived at, if it is one; says so. */
  boolean arrives(RunOutcome outcome, Console console) {
    if (finished == null) {
      return true;
    }
    boolean same =
        outcome instanceof RunOutcome.Completed completed
            ? completed.network().equals(finished.network)
            : finished.network == null;
    console.progress(
        same
            ? "The replay arrived at the run's weights, to the bit."
            : "rankfall: %s: expected the replay to arrive at the run's weights, found others: another machine or version?"
                .formatted(finished.folder));
    return same;
  }
}
