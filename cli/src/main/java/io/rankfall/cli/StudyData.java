package io.rankfall.cli;

import io.rankfall.study.store.StoredRun;
import io.rankfall.train.data.Contents;
import io.rankfall.train.data.DataFolder;
import io.rankfall.train.data.Datasets;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The data that the runs of a study were trained on. */
final class StudyData {
  private StudyData() {}

  /**
   * How many examples the runs were tested on.
   *
   * @throws IOException in one line, if the data are none of the known ones and cannot be read
   */
  static int testExamples(List<StoredRun> runs) throws IOException {
    return contents(nameOf(runs)).test();
  }

  /**
   * What each data set of the runs holds, the first run's first.
   *
   * @throws IOException in one line, if data are none of the known ones and cannot be read
   */
  static Map<String, Contents> contents(List<StoredRun> runs) throws IOException {
    Map<String, Contents> contents = new LinkedHashMap<>();
    for (StoredRun run : runs) {
      String name = run.spec().dataset();
      if (!contents.containsKey(name)) {
        contents.put(name, contents(name));
      }
    }
    return contents;
  }

  private static String nameOf(List<StoredRun> runs) {
    return runs.isEmpty() ? FashionMnist.NAME : runs.get(0).spec().dataset();
  }

  private static Contents contents(String name) throws IOException {
    return Datasets.in(DataFolder.byDefault()).contents(name);
  }
}
