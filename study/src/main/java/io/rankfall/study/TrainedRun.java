package io.rankfall.study;

import io.rankfall.train.Dataset;
import io.rankfall.train.Network;
import io.rankfall.train.RunSpec;
import io.rankfall.train.data.DataFolder;
import io.rankfall.train.data.Datasets;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A run that ended with a network.
 *
 * @param dataset what it was trained on
 */
public record TrainedRun(RunSpec spec, Dataset dataset, Network network) {

  /**
   * Reads what {@link RunFiles} wrote.
   *
   * @param files of known data sets
   * @throws IOException in one line, if the run diverged, or a file is missing or damaged
   * @throws IllegalArgumentException in one line, if the data are not what it was trained on
   */
  public static TrainedRun read(Path folder, DataFolder files)
      throws IOException, InterruptedException {
    RunRecord record = ResultsFile.readRun(folder.resolve(RunFiles.RUN));
    String diverged = record.result().outcome().diverged();
    if (diverged != null) {
      throw new IOException(
          "%s: expected a trained network, found a training that diverged at %s"
              .formatted(folder, diverged));
    }
    RunSpec spec = record.spec();
    Network network = NetworkFile.read(folder.resolve(RunFiles.SAFETENSORS), spec.architecture());
    return new TrainedRun(spec, record.data(Datasets.in(files).open(spec.dataset())), network);
  }
}
