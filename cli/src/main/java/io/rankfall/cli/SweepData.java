package io.rankfall.cli;

import io.rankfall.train.Dataset;
import io.rankfall.train.RunSpec;
import io.rankfall.train.data.Contents;
import io.rankfall.train.data.Datasets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What the runs of a sweep are trained on.
 *
 * @param folder where the driver and workers look for it
 */
record SweepData(String name, Contents contents, DataFolderOption folder) {

  /**
   * The one data set of some runs.
   *
   * @throws IOException in one line, if it must be read and cannot be
   */
  static SweepData of(List<RunSpec> runs, DataFolderOption folder) throws IOException {
    String name = runs.get(0).dataset();
    return new SweepData(name, Datasets.in(folder.folder()).contents(name), folder);
  }

  /** Opens it here; what is known and missing is fetched. */
  Dataset open(Console console) throws IOException, InterruptedException {
    try {
      return Datasets.in(folder.folder()).downloading(new DownloadProgress(console)).open(name);
    } finally {
      console.endStatus();
    }
  }

  /** Fetches what is known and missing, before workers look for it. */
  void fetch(Console console) throws IOException, InterruptedException {
    Datasets datasets = Datasets.in(folder.folder());
    try {
      datasets.fetch(name, new DownloadProgress(console));
    } finally {
      console.endStatus();
    }
  }

  /** The command line of a worker. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("worker", "--data", name));
    folder.given().ifPresent(path -> arguments.addAll(List.of("--data-dir", path.toString())));
    return arguments;
  }
}
