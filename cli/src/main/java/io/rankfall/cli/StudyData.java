package io.rankfall.cli;

import io.rankfall.study.store.StoredRun;
import io.rankfall.train.data.DataFolder;
import io.rankfall.train.data.Datasets;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.util.List;

/** The data that the runs of a study were trained on. */
final class StudyData {
  private StudyData() {}

  /**
   * How many examples the runs were tested on.
   *
   * @throws IOException in one line, if the data are none of the known ones and cannot be read
   */
  static int testExamples(List<StoredRun> runs) throws IOException {
    String name = runs.isEmpty() ? FashionMnist.NAME : runs.get(0).spec().dataset();
    return Datasets.in(DataFolder.byDefault()).contents(name).test();
  }
}
