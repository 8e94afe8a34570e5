package io.rankfall.study.sweep;

import io.rankfall.study.store.StudyStore;
import io.rankfall.train.RunSpec;
import java.nio.file.Path;

/** A sweep as a process that a test can kill: names its workers' starts on standard output. */
final class SweepMain {
  private SweepMain() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    try (StudyStore store = Trials.open(folder.resolve("study.db"))) {
      Trials.add(store, Trials.grid());
      SweepListener listener =
          new SweepListener() {
            @Override
            public void onStart(RunSpec spec, int from) {
              System.out.println("start " + spec.id() + " " + from);
            }
          };
      Searches searches = Searches.ofTrained(Trials.dataset().test().size());
      new SweepExecution(store, Trials.SWEEP, Trials.plan(folder), searches, listener).run();
    }
    System.out.println("done");
  }
}
