package io.rankfall.study.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StoredEpoch;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Run;
import io.rankfall.train.RunSpec;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SweepExecutionTest {
  @TempDir private Path folder = Path.of("");

  /** Remembers what it heard. */
  private static class Log implements SweepListener {
    final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void onStart(RunSpec spec, int from) {
      lines.add("start B=%d from %d".formatted(spec.batchSize(), from));
    }

    @Override
    public void onEnd(
        RunSpec spec,
        RunState state,
        @Nullable EpochRecord last,
        @Nullable String message,
        double seconds) {
      lines.add("end B=%d %s %s".formatted(spec.batchSize(), state, message));
    }

    @Override
    public void onNote(String note) {
      lines.add(note);
    }
  }

  private void run(StudyStore store, SweepExecution.Plan plan, SweepListener listener)
      throws IOException, InterruptedException {
    new SweepExecution(store, Trials.SWEEP, plan, listener).run();
  }

  @Test
  void aWorkerGivesWhatTheTrainerGivesAndMoreEpochsGoOnFromThere() throws Exception {
    RunSpec spec = Trials.spec(16, 0.05, 0.9, 4);
    Run expected = new Trainer(Trials.dataset()).train(spec.withEpochs(6), TrainingListener.NONE);
    Log log = new Log();
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(spec));
      run(store, Trials.plan(folder), log);
      assertThat(store.epochs(spec.id())).hasSize(5);
      assertThat(Trials.add(store, List.of(spec.withEpochs(6)))).isEqualTo(1);
      run(store, Trials.plan(folder), log);
      List<StoredEpoch> epochs = store.epochs(spec.id());
      assertThat(epochs).hasSize(7);
      for (int e = 0; e <= 6; e++) {
        EpochRecord record = expected.epochs().get(e);
        assertThat(epochs.get(e).test()).isEqualTo(record.test());
        assertThat(epochs.get(e).training()).isEqualTo(record.training());
        if (e % 3 == 0) {
          assertThat(epochs.get(e).layers().get(1).spectrum())
              .isEqualTo(record.layers().get(1).spectrum());
        }
      }
    }
    assertThat(log.lines)
        .containsExactly(
            "start B=16 from -1",
            "end B=16 COMPLETED null",
            "start B=16 from 4",
            "end B=16 COMPLETED null");
  }

  @Test
  void aWorkerThatCrashesCostsOneTrialWhichIsRetriedOnce() throws Exception {
    Log log = new Log();
    List<RunSpec> specs =
        List.of(
            Trials.spec(CrashingWorkerMain.ALWAYS, 0.05, 0, 3),
            Trials.spec(CrashingWorkerMain.ONCE, 0.05, 0, 3),
            Trials.spec(16, 0.05, 0, 3),
            Trials.spec(32, 0.05, 0, 3));
    String marker = "-Dmarker=" + folder.resolve("crashed");
    SweepExecution.Plan plan =
        new SweepExecution.Plan(
            2,
            Workplace.here(Trials.java(CrashingWorkerMain.class, marker)),
            folder.resolve("checkpoints"),
            0);
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, specs);
      run(store, plan, log);
      for (StoredRun run : store.runs()) {
        boolean always = run.spec().batchSize() == CrashingWorkerMain.ALWAYS;
        assertThat(run.state()).isEqualTo(always ? RunState.FAILED : RunState.COMPLETED);
      }
      StoredRun failed = store.runs().get(0);
      assertThat(failed.crashes()).isEqualTo(2);
      assertThat(failed.message()).isEqualTo("worker ended with exit code 99: it crashes");
    }
    assertThat(log.lines)
        .contains(
            "end B=5 WAITING worker ended with exit code 99: it crashes",
            "end B=5 FAILED worker ended with exit code 99: it crashes",
            "end B=6 WAITING worker ended with exit code 99: it crashes",
            "end B=6 COMPLETED null");
  }

  @Test
  void aWorkerThatIsKilledGoesOnFromItsCheckpoint() throws Exception {
    RunSpec spec = Trials.spec(3, 0.05, 0.9, 12);
    Log log =
        new Log() {
          @Override
          public void onEpoch(RunSpec run, EpochRecord record) {
            if (record.epoch() == 5 && lines.size() == 1) {
              ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
            }
          }
        };
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(spec));
      SweepExecution.Plan two = Trials.plan(folder);
      run(store, new SweepExecution.Plan(1, two.workplace(), two.checkpoints(), 0), log);
      Run expected = new Trainer(Trials.dataset()).train(spec, TrainingListener.NONE);
      assertThat(store.epochs(spec.id()))
          .extracting(StoredEpoch::test)
          .containsExactlyElementsOf(expected.epochs().stream().map(EpochRecord::test).toList());
    }
    assertThat(log.lines).hasSize(4);
    assertThat(log.lines.get(1)).isEqualTo("end B=3 WAITING worker ended with exit code 137");
    assertThat(log.lines.get(2)).matches("start B=3 from ([4-9]|1[0-2])");
  }

  @Test
  void aDamagedCheckpointIsNamedAndTheRunStartsAnew() throws Exception {
    RunSpec spec = Trials.spec(64, 0.05, 0, 2);
    Log log = new Log();
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(spec));
      run(store, Trials.plan(folder), log);
      Path file = folder.resolve("checkpoints").resolve(spec.id() + ".safetensors");
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 9] ^= 1;
      Files.write(file, bytes);
      Trials.add(store, List.of(spec.withEpochs(3)));
      run(store, Trials.plan(folder), log);
      assertThat(store.epochs(spec.id())).hasSize(4);
    }
    assertThat(log.lines.get(2))
        .startsWith("run %s starts anew: ".formatted(spec.id()))
        .contains("damaged");
    assertThat(log.lines.get(3)).isEqualTo("start B=64 from -1");
  }

  @Test
  void twoExecutionsShareAStudy() throws Exception {
    List<RunSpec> specs = Trials.grid();
    Log log = new Log();
    Path study = folder.resolve("s.db");
    try (StudyStore store = Trials.open(study)) {
      Trials.add(store, specs);
    }
    ExecutorService threads = Executors.newFixedThreadPool(2);
    List<Future<Boolean>> ends = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      ends.add(
          threads.submit(
              () -> {
                try (StudyStore store = Trials.open(study)) {
                  SweepExecution.Plan plan = Trials.plan(folder);
                  run(
                      store,
                      new SweepExecution.Plan(1, plan.workplace(), plan.checkpoints(), 0),
                      log);
                }
                return true;
              }));
    }
    for (Future<Boolean> end : ends) {
      assertThat(end.get()).isTrue();
    }
    threads.shutdown();
    assertThat(log.lines.stream().filter(line -> line.startsWith("end"))).hasSize(specs.size());
    assertThat(log.lines.stream().filter(line -> line.startsWith("start"))).hasSize(specs.size());
  }

  @Test
  void stoppedFromAnotherThreadItGivesItsRunsBack() throws Exception {
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, Trials.grid());
      SweepExecution[] execution = new SweepExecution[1];
      SweepListener stopper =
          new SweepListener() {
            @Override
            public void onEpoch(RunSpec spec, EpochRecord record) {
              if (record.epoch() == 2) {
                new Thread(() -> execution[0].stop()).start();
              }
            }
          };
      execution[0] = new SweepExecution(store, Trials.SWEEP, Trials.plan(folder), stopper);
      assertThatThrownBy(() -> execution[0].run()).isInstanceOf(InterruptedException.class);
      assertThat(store.runs()).noneMatch(run -> run.state() == RunState.RUNNING);
      assertThat(store.runs()).anyMatch(run -> run.state() == RunState.WAITING);
      assertThat(store.runs()).allMatch(run -> run.crashes() == 0);
    }
  }

  @Test
  void aFullDiskEndsTheSweepAndCountsAsNobodysCrash() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString())
                .start()
                .waitFor()
            == 0,
        "needs the right to mount a small tmpfs");
    List<RunSpec> specs = new ArrayList<>();
    for (int batchSize = 32; batchSize < 42; batchSize++) {
      specs.add(Trials.spec(batchSize, 0.05, 0, 2));
    }
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, specs);
      assertThatThrownBy(() -> run(store, Trials.plan(disk), SweepListener.NONE))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("cannot write " + disk)
          .hasMessageContaining("No space left");
      assertThat(store.runs())
          .allMatch(run -> run.crashes() == 0)
          .anyMatch(run -> run.state() == RunState.WAITING)
          .noneMatch(run -> run.state() == RunState.RUNNING || run.state() == RunState.FAILED);
      Process more = new ProcessBuilder("mount", "-o", "remount,size=4m", disk.toString()).start();
      assertThat(more.waitFor()).isZero();
      run(store, Trials.plan(disk), SweepListener.NONE);
      assertThat(store.runs()).allMatch(run -> run.state() == RunState.COMPLETED);
    } finally {
      new ProcessBuilder("umount", "-l", disk.toString()).start().waitFor();
    }
  }

  /** Remembers what was searched, too. */
  private static final class SearchLog extends Log {
    @Override
    public void onSearched(RunSpec spec, @Nullable Compressibility found, double seconds) {
      lines.add("searched B=%d %s".formatted(spec.batchSize(), found == null ? "not" : "found"));
    }
  }

  private void search(StudyStore store, SweepListener listener)
      throws IOException, InterruptedException {
    Searches searches = Searches.ofTrained(Trials.dataset().test().size());
    new SweepExecution(store, Trials.SWEEP, Trials.plan(folder), searches, listener).run();
  }

  @Test
  void whatIsTrainedIsSearchedOnceAndWhatLearnedNothingIsNot() throws Exception {
    RunSpec good = Trials.spec(32, 0.05, 0.9, 2);
    RunSpec untrained = Trials.spec(64, 1e-9, 0, 1);
    RunSpec diverging = Trials.spec(4, 1e30, 0, 2);
    SearchLog log = new SearchLog();
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(good, untrained, diverging));
      search(store, log);
      assertThat(log.lines).filteredOn(line -> line.startsWith("searched")).hasSize(1);
      Compressibility found =
          Objects.requireNonNull(store.compressibilities().get(good.id()), "searched");
      // The exported file holds the running statistics of batch normalisation besides.
      assertThat(found.parameters()).isEqualTo(good.architecture().parameters() + 2 * (48 + 32));
      assertThat(found.smallest())
          .allMatch(s -> Math.rint(s.share() * found.parameters()) == s.parameters());
      assertThat(found.smallest()).hasSize(6);
      assertThat(found.smallest())
          .allMatch(s -> s.accuracy() >= found.accuracy() - s.points() / 100 - 1e-9);
      assertThat(store.compressibilities()).hasSize(1);

      log.lines.clear();
      search(store, log);
      assertThat(log.lines).isEmpty();

      assertThat(Trials.add(store, List.of(good.withEpochs(3), untrained))).isEqualTo(1);
      search(store, log);
      assertThat(log.lines).contains("searched B=32 found");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void withoutItsCheckpointARunStaysWithoutCompressibility(boolean damaged) throws Exception {
    RunSpec spec = Trials.spec(32, 0.05, 0.9, 2);
    SearchLog log = new SearchLog();
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(spec));
      run(store, Trials.plan(folder), log);
      Path file = folder.resolve("checkpoints").resolve(spec.id() + ".safetensors");
      if (damaged) {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
      } else {
        Files.delete(file);
      }
      search(store, log);
      assertThat(store.compressibilities()).isEmpty();
    }
    assertThat(log.lines)
        .filteredOn(line -> line.contains("compressibility"))
        .singleElement()
        .asString()
        .matches("compressibility is not searched: .*" + spec.id() + ".*: expected .*, found .*")
        .contains(damaged ? "SHA-256" : "expected a checkpoint, found no file");
  }

  @Test
  void workersThatDoNotStartAreOneLine() throws Exception {
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(Trials.spec(64, 0.05, 0, 2)));
      SweepExecution.Plan plan =
          new SweepExecution.Plan(
              2, Workplace.here(Trials.java(Object.class)), folder.resolve("checkpoints"), 0);
      assertThatThrownBy(() -> run(store, plan, SweepListener.NONE))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("worker: expected it to start, found worker ended with exit code")
          .message()
          .doesNotContain("\n");
      assertThat(store.runs().get(0).state()).isEqualTo(RunState.WAITING);
    }
  }
}
