package io.rankfall.study.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers whose machine is lost, on which nobody sees how they end. */
class LostWorkersTest {
  @TempDir private Path folder = Path.of("");

  /** A real worker of this machine. */
  private static class Link implements WorkerLink {
    final WorkerLink real;

    Link() throws IOException {
      this.real = Workplace.here(Trials.java(WorkerMain.class)).start();
    }

    @Override
    public void send(String line) {
      real.send(line);
    }

    @Override
    public Optional<String> receive() {
      return real.receive();
    }

    @Override
    public Ending ending() throws InterruptedException {
      return real.ending();
    }

    @Override
    public void close() {
      real.close();
    }
  }

  /** One that is cut off when it says a line that {@code cuts} is true for. */
  private static final class CutLink extends Link {
    private final Predicate<String> cuts;
    private boolean cut;

    CutLink(Predicate<String> cuts) throws IOException {
      this.cuts = cuts;
    }

    @Override
    public Optional<String> receive() {
      Optional<String> line = cut ? Optional.empty() : real.receive();
      cut |= line.filter(cuts).isPresent();
      return cut ? Optional.empty() : line;
    }

    @Override
    public Ending ending() throws InterruptedException {
      return cut ? new Ending(Cause.LOST, "the machine is gone") : real.ending();
    }
  }

  private SweepExecution.Plan plan(int workers, Predicate<String> cuts) {
    return new SweepExecution.Plan(
        workers, () -> new CutLink(cuts), folder.resolve("checkpoints"), 0);
  }

  private static void sweep(StudyStore store, SweepExecution.Plan plan, SweepListener listener)
      throws IOException, InterruptedException {
    Searches searches = Searches.ofTrained(Trials.dataset().test().size());
    new SweepExecution(store, Trials.SWEEP, plan, searches, listener).run();
  }

  @Test
  void theStudyIsTheSameToTheBitAndNoRunIsBlamed() throws Exception {
    Path peace = Files.createDirectory(folder.resolve("peace"));
    try (StudyStore store = Trials.open(peace.resolve("s.db"))) {
      Trials.add(store, Trials.grid());
      sweep(store, Trials.plan(peace), SweepListener.NONE);
    }
    AtomicInteger epochs = new AtomicInteger();
    AtomicInteger found = new AtomicInteger();
    Path study = folder.resolve("s.db");
    try (StudyStore store = Trials.open(study)) {
      Trials.add(store, Trials.grid());
      Predicate<String> cuts =
          line ->
              (line.contains("\"epoch\",") && epochs.incrementAndGet() % 30 == 0)
                  || (line.contains("\"found\",") && found.incrementAndGet() % 4 == 0);
      sweep(store, plan(2, cuts), SweepListener.NONE);
      assertThat(store.runs()).allMatch(run -> run.crashes() == 0);
    }
    assertThat(epochs.get()).as("epochs told, several of them twice").isGreaterThan(60);
    assertThat(found.get()).as("searches, some of them twice").isGreaterThan(8);
    assertThat(Trials.content(study)).isEqualTo(Trials.content(peace.resolve("s.db")));
  }

  @Test
  void aRunThatTakesEveryMachineAlongHasFailedInTheEnd() throws Exception {
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(Trials.spec(64, 0.05, 0, 2)));
      new SweepExecution(
              store,
              Trials.SWEEP,
              plan(1, line -> line.contains("\"started\"")),
              SweepListener.NONE)
          .run();
      StoredRun run = store.runs().get(0);
      assertThat(run.state()).isEqualTo(RunState.FAILED);
      assertThat(run.message()).isEqualTo("the machine is gone");
    }
  }

  @Test
  void workersLostBeforeTheyAreReadyAreAskedForAgain() throws Exception {
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(Trials.spec(64, 0.05, 0, 2)));
      AtomicInteger ready = new AtomicInteger();
      Predicate<String> cuts = line -> line.contains("\"ready\"") && ready.incrementAndGet() <= 2;
      new SweepExecution(store, Trials.SWEEP, plan(1, cuts), SweepListener.NONE).run();
      assertThat(ready).hasValue(3);
      assertThat(store.runs()).allMatch(run -> run.state() == RunState.COMPLETED);
    }
  }

  /** More workers are asked for than there is room: those need not come when all is done. */
  @Test
  void workersThatNeverComeDoNotKeepTheSweepFromEnding() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    Workplace narrow =
        () -> {
          if (asked.incrementAndGet() == 1) {
            return Workplace.here(Trials.java(WorkerMain.class)).start();
          }
          CountDownLatch closed = new CountDownLatch(1);
          return new WorkerLink() {
            @Override
            public void send(String line) {}

            @Override
            public Optional<String> receive() {
              try {
                closed.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return Optional.empty();
            }

            @Override
            public Ending ending() {
              return new Ending(Cause.LOST, "there was no room");
            }

            @Override
            public void close() {
              ended.incrementAndGet();
              closed.countDown();
            }
          };
        };
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(Trials.spec(64, 0.05, 0, 2), Trials.spec(32, 0.05, 0, 2)));
      SweepExecution.Plan plan =
          new SweepExecution.Plan(3, narrow, folder.resolve("checkpoints"), 0);
      new SweepExecution(store, Trials.SWEEP, plan, SweepListener.NONE).run();
      assertThat(store.runs()).allMatch(run -> run.state() == RunState.COMPLETED);
    }
    assertThat(asked).hasValue(3);
    assertThat(ended.get()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void withoutACheckpointFolderOnItsMachineAWorkerTrainsAndSearchesNothingAndSaysSoOnce()
      throws Exception {
    Path checkpoints = folder.resolve("checkpoints");
    List<String> notes = new CopyOnWriteArrayList<>();
    try (StudyStore store = Trials.open(folder.resolve("s.db"))) {
      Trials.add(store, List.of(Trials.spec(4, 0.05, 0, 2), Trials.spec(3, 0.05, 0, 2)));
      Workplace elsewhere =
          () ->
              new Link() {
                @Override
                public void send(String line) {
                  super.send(line.replace(checkpoints.toString(), folder.resolve("no").toString()));
                }
              };
      SweepListener listener =
          new SweepListener() {
            @Override
            public void onNote(String note) {
              notes.add(note);
            }
          };
      SweepExecution.Plan plan = new SweepExecution.Plan(1, elsewhere, checkpoints, 0);
      sweep(store, plan, listener);
      assertThat(store.runs()).allMatch(run -> run.state() == RunState.COMPLETED);
      assertThat(store.compressibilities()).isEmpty();
    }
    String expected =
        folder.resolve("no")
            + ": expected the folder of the checkpoints on every machine, found none to write to";
    assertThat(notes)
        .containsExactly(
            expected
                + "; trainings whose worker is lost start anew, and no trained network is kept",
            "compressibility is not searched: " + expected);
  }
}
