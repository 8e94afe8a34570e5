package io.rankfall.study.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.spectra.RankRule;
import io.rankfall.study.store.Compressibility.Method;
import io.rankfall.study.store.Compressibility.Smallest;
import io.rankfall.study.store.StudyStore.Demand;
import io.rankfall.study.store.StudyStore.Opening;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.RunOutcome.Diverged;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a study does, on SQLite and on PostgreSQL alike. */
abstract class StudyStoreContract {
  private static final String SWEEP = "grid";

  /** An empty study. */
  abstract String newStudy() throws Exception;

  private static StudyStore open(String where) throws IOException {
    return StudyStore.open(where, Opening.CREATE_IF_MISSING);
  }

  private static int add(StudyStore store, int spectraEvery, RunSpec... specs)
      throws StoreException {
    return store.add(
        new Demand(SWEEP, "text", List.of(specs), spectraEvery), spec -> 1.0 / spec.batchSize());
  }

  private static void train(Claim claim) throws IOException {
    claim.started(-1, Records.PROVENANCE);
    for (int epoch = 0; epoch <= claim.spec().epochs(); epoch++) {
      claim.record(Records.epoch(epoch));
    }
    claim.completed(12.5);
  }

  @Test
  void whatIsStoredComesBackToTheBit() throws Exception {
    String where = newStudy();
    RunSpec spec = Records.spec(16, 5);
    try (StudyStore store = open(where)) {
      assertThat(add(store, 2, spec)).isEqualTo(1);
      try (Session session = Session.join(store, SWEEP)) {
        Claim claim = session.claim().orElseThrow();
        assertThat(claim.spec()).isEqualTo(spec);
        assertThat(claim.lastStored()).isEqualTo(-1);
        train(claim);
        assertThat(session.claim()).isEmpty();
      }
    }
    try (StudyStore store = open(where)) {
      StoredRun run = store.runs().get(0);
      assertThat(run.id()).isEqualTo(spec.id());
      assertThat(run.spec()).isEqualTo(spec);
      assertThat(run.state()).isEqualTo(RunState.COMPLETED);
      assertThat(run.seconds()).isEqualTo(12.5);
      List<StoredEpoch> epochs = store.epochs(run.id());
      assertThat(epochs).hasSize(6);
      assertThat(run.last()).isEqualTo(withoutLayers(epochs.get(5)));
      for (int e = 0; e <= 5; e++) {
        check(epochs.get(e), Records.epoch(e), e % 2 == 0 || e == 5);
      }
      assertThat(store.sweeps()).containsExactly(SWEEP);
    }
  }

  private static StoredEpoch withoutLayers(StoredEpoch e) {
    return new StoredEpoch(
        e.epoch(),
        e.learningRate(),
        e.training(),
        e.test(),
        e.meanRank1e3(),
        e.meanRank1e2(),
        List.of());
  }

  private static void check(StoredEpoch found, EpochRecord expected, boolean whole) {
    assertThat(found.epoch()).isEqualTo(expected.epoch());
    assertThat(found.learningRate()).isEqualTo(expected.learningRate());
    assertThat(found.training()).isEqualTo(expected.training());
    assertThat(found.test()).isEqualTo(expected.test());
    assertThat(found.meanRank1e2())
        .isEqualTo(expected.layers().get(0).spectrum().rank(RankRule.FROBENIUS_HUNDREDTH));
    for (int l = 0; l < 2; l++) {
      StoredLayer layer = found.layers().get(l);
      StoredLayer same = StoredLayer.of(expected.layers().get(l));
      assertThat(layer.spectrum()).isEqualTo(whole ? same.spectrum() : null);
      assertThat(layer.stableRank()).isEqualTo(same.stableRank());
      assertThat(layer.rank1e3()).isEqualTo(same.rank1e3());
      assertThat(layer.name()).isEqualTo(same.name());
    }
  }

  @Test
  void askingAgainRunsNothingAndMoreEpochsOrRunsOnlyWhatIsNew() throws Exception {
    try (StudyStore store = open(newStudy())) {
      add(store, 1, Records.spec(16, 3));
      try (Session session = Session.join(store, SWEEP)) {
        train(session.claim().orElseThrow());
        assertThat(add(store, 1, Records.spec(16, 3))).isZero();
        assertThat(add(store, 1, Records.spec(16, 2))).isZero();
        assertThat(session.claim()).isEmpty();

        assertThat(add(store, 1, Records.spec(16, 5), Records.spec(32, 5))).isEqualTo(2);
        Claim longer = session.claim().orElseThrow();
        assertThat(longer.spec()).isEqualTo(Records.spec(16, 5));
        assertThat(longer.lastStored()).isEqualTo(3);
        assertThat(session.claim().orElseThrow().spec()).isEqualTo(Records.spec(32, 5));
      }
    }
  }

  @Test
  void epochsAskedForWhileARunEndsAreTrainedToo() throws Exception {
    try (StudyStore store = open(newStudy())) {
      add(store, 1, Records.spec(16, 3));
      try (Session session = Session.join(store, SWEEP)) {
        Claim claim = session.claim().orElseThrow();
        add(store, 1, Records.spec(16, 4));
        train(claim);
        assertThat(session.claim().orElseThrow().spec().epochs()).isEqualTo(4);
      }
    }
  }

  @Test
  void expensiveRunsComeFirstAndEachOnceWithManyClaiming() throws Exception {
    String where = newStudy();
    RunSpec[] specs =
        IntStream.rangeClosed(1, 40).mapToObj(b -> Records.spec(b, 1)).toArray(RunSpec[]::new);
    ConcurrentLinkedQueue<String> claimed = new ConcurrentLinkedQueue<>();
    try (StudyStore store = open(where)) {
      add(store, 1, specs);
      try (Session session = Session.join(store, SWEEP)) {
        assertThat(session.claim().orElseThrow().spec().batchSize()).isEqualTo(1);
        assertThat(session.claim().orElseThrow().spec().batchSize()).isEqualTo(2);
      }
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<?>> ends = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      ends.add(threads.submit(() -> claimAll(where, claimed)));
    }
    for (Future<?> end : ends) {
      end.get();
    }
    threads.shutdown();
    assertThat(claimed).hasSize(40).doesNotHaveDuplicates();
  }

  private static Void claimAll(String where, ConcurrentLinkedQueue<String> claimed)
      throws IOException {
    try (StudyStore store = open(where);
        Session session = Session.join(store, SWEEP)) {
      for (var claim = session.claim(); claim.isPresent(); claim = session.claim()) {
        claimed.add(claim.get().run());
        train(claim.get());
      }
    }
    return null;
  }

  @Test
  void aDivergedRunKeepsItsLastSpectraAndIsNotRunAgain() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 9), 10)) {
      Claim claim = session.claim().orElseThrow();
      claim.started(-1, Records.PROVENANCE);
      claim.record(Records.epoch(0));
      claim.record(Records.epoch(1));
      claim.diverged(new Diverged(2, 17, "loss is NaN"), 3);
      StoredRun run = store.runs().get(0);
      assertThat(run.state()).isEqualTo(RunState.DIVERGED);
      assertThat(run.message()).isEqualTo("epoch 2, step 17: loss is NaN");
      assertThat(store.epochs(run.id()).get(1).layers().get(0).spectrum()).isNotNull();
      assertThat(add(store, 10, Records.spec(16, 20))).isZero();
      assertThat(session.claim()).isEmpty();
    }
  }

  private static Session joined(StudyStore store, RunSpec spec, int spectraEvery)
      throws StoreException {
    add(store, spectraEvery, spec);
    return Session.join(store, SWEEP);
  }

  @Test
  void aLossThatIsNoNumberComesBackAsNone() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 1), 1)) {
      Claim claim = session.claim().orElseThrow();
      claim.started(-1, Records.PROVENANCE);
      EpochRecord plain = Records.epoch(0);
      claim.record(new EpochRecord(0, 0.1, null, new Evaluation(Double.NaN, 0.1), plain.layers()));
      assertThat(store.epochs(claim.run()).get(0).test().loss()).isNaN();
    }
  }

  @Test
  void aCrashIsRetriedOnceThenTheRunHasFailed() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 1), 1)) {
      Claim first = session.claim().orElseThrow();
      first.started(-1, Records.PROVENANCE);
      assertThat(first.crashed("exit code 134")).isEqualTo(RunState.WAITING);
      Claim second = session.claim().orElseThrow();
      second.started(-1, Records.PROVENANCE);
      assertThat(second.crashed("exit code 134")).isEqualTo(RunState.FAILED);
      assertThat(session.claim()).isEmpty();
      assertThat(store.runs().get(0).message()).isEqualTo("exit code 134");
      assertThat(add(store, 1, Records.spec(16, 1))).isZero();
      assertThat(store.retryFailed(SWEEP)).isEqualTo(1);
      train(session.claim().orElseThrow());
      assertThat(store.runs().get(0).state()).isEqualTo(RunState.COMPLETED);
      assertThat(store.runs().get(0).message()).isNull();
    }
  }

  @Test
  void goingOnFromAnEarlierCheckpointRemovesWhatIsMeasuredAgain() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 9), 1)) {
      Claim claim = session.claim().orElseThrow();
      claim.started(-1, Records.PROVENANCE);
      for (int epoch = 0; epoch <= 4; epoch++) {
        claim.record(Records.epoch(epoch));
      }
      claim.checkpointed("x.safetensors", 2);
      claim.crashed("killed");
      Claim again = session.claim().orElseThrow();
      assertThat(again.lastStored()).isEqualTo(4);
      again.started(2, Records.PROVENANCE);
      assertThat(again.lastStored()).isEqualTo(2);
      assertThat(store.epochs(again.run())).hasSize(3);
    }
  }

  @Test
  void aLostWorkerIsHeldAgainstNoRun() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 9), 1)) {
      for (int i = 0; i < 3; i++) {
        Claim claim = session.claim().orElseThrow();
        claim.started(-1, Records.PROVENANCE);
        claim.record(Records.epoch(0));
        claim.lost("its machine is gone");
        assertThatThrownBy(() -> claim.record(Records.epoch(1)))
            .isInstanceOf(LostClaimException.class);
      }
      StoredRun run = store.runs().get(0);
      assertThat(run.state()).isEqualTo(RunState.WAITING);
      assertThat(run.crashes()).isZero();
      assertThat(run.message()).isNull();
    }
  }

  @Test
  void aSearchWhoseWorkerIsLostWaitsAgain() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 1), 1)) {
      train(session.claim().orElseThrow());
      for (int i = 0; i < 3; i++) {
        SearchClaim search = session.claimSearch(run -> true).orElseThrow();
        search.started(Records.PROVENANCE);
        search.lost("its machine is gone");
        assertThatThrownBy(() -> search.found(FOUND)).isInstanceOf(LostClaimException.class);
      }
      assertThat(session.claimSearch(run -> true)).isPresent();
    }
  }

  @Test
  void aSweepIsDoneWhenNobodyCanGetAnythingToDoAnyMore() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 1), 1)) {
      assertThat(session.isDone(run -> false)).as("waits").isFalse();
      Claim claim = session.claim().orElseThrow();
      assertThat(session.isDone(run -> false)).as("is trained").isFalse();
      claim.lost("its machine is gone");
      assertThat(session.isDone(run -> false)).as("waits again").isFalse();
      train(session.claim().orElseThrow());
      assertThat(session.isDone(run -> false)).as("no search is wanted").isTrue();
      assertThat(session.isDone(run -> true)).as("waits for a search").isFalse();
      SearchClaim search = session.claimSearch(run -> true).orElseThrow();
      assertThat(session.isDone(run -> true)).as("is searched").isFalse();
      search.found(FOUND);
      assertThat(session.isDone(run -> true)).as("is found").isTrue();
    }
  }

  @Test
  void aSessionThatClosesGivesItsRunsBack() throws Exception {
    try (StudyStore store = open(newStudy());
        Session other = joined(store, Records.spec(16, 1), 1)) {
      try (Session session = Session.join(store, SWEEP)) {
        assertThat(session.claim()).isPresent();
        assertThat(other.claim()).isEmpty();
      }
      assertThat(other.claim()).isPresent();
    }
  }

  @Test
  void runsOfAnEndedProcessAreTakenOverAtOnce() throws Exception {
    Process shortLived = new ProcessBuilder("sleep", "0").start();
    ProcessName here = ProcessName.ofThisProcess();
    ProcessName ended = new ProcessName(here.machine(), shortLived.pid() + " 1");
    shortLived.waitFor();
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 1), 1)) {
      Session dead = new Session(store, SWEEP, ended, () -> 0);
      Claim claim = dead.claim().orElseThrow();
      claim.started(-1, Records.PROVENANCE);
      assertThat(session.claim()).isEmpty();
      session.beat();
      Claim taken = session.claim().orElseThrow();
      // What the former owner still writes changes nothing.
      taken.started(-1, Records.PROVENANCE);
      assertThatThrownBy(() -> claim.record(Records.epoch(0)))
          .isInstanceOf(LostClaimException.class)
          .hasMessageContaining("taken over");
      assertThatThrownBy(() -> claim.completed(1)).isInstanceOf(LostClaimException.class);
      assertThat(store.epochs(taken.run())).isEmpty();
      taken.completed(1);
      assertThat(session.claim()).isEmpty();
    }
  }

  @Test
  void runsOfASilentMachineAreTakenOverAfterTheLeaseOfTheObserversClock() throws Exception {
    ProcessName far = new ProcessName("another machine", "1 1");
    long second = 1_000_000_000L;
    long[] now = {Long.MAX_VALUE - 20 * second};
    try (StudyStore store = open(newStudy())) {
      add(store, 1, Records.spec(16, 1));
      Session silent = new Session(store, SWEEP, far, () -> 0);
      Claim claim = silent.claim().orElseThrow();
      Session observer = new Session(store, SWEEP, ProcessName.ofThisProcess(), () -> now[0]);
      now[0] += 40 * second;
      observer.beat();
      assertThat(observer.claim()).isEmpty();
      silent.beat();
      observer.beat();
      now[0] += 50 * second;
      observer.beat();
      assertThat(observer.claim()).as("heard of 50 seconds ago").isEmpty();
      now[0] += 20 * second;
      observer.beat();
      assertThat(observer.claim()).isPresent();
      silent.beat();
      assertThatThrownBy(() -> claim.completed(1)).isInstanceOf(LostClaimException.class);
      observer.close();
      silent.close();
    }
  }

  @Test
  void aStudyOfANewerVersionIsRefused() throws Exception {
    String where = newStudy();
    try (StudyStore store = open(where)) {
      store.database().write(c -> Database.update(c, "UPDATE schema_version SET version = 99"));
    }
    assertThatThrownBy(() -> open(where))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(
            "expected schema version 2 or older, found 99: a newer Rankfall wrote it");
  }

  private static final Compressibility FOUND =
      new Compressibility(
          0.61,
          81,
          List.of(
              new Smallest(Method.PLAIN, 0.5, 60, 60 / 81.0, 0.607),
              new Smallest(Method.PLAIN, 1, 50, 50 / 81.0, 0.601),
              new Smallest(Method.DATA_AWARE, 0.5, 40, 40 / 81.0, 0.606)));

  @Test
  void whatIsSearchedComesBackAndHoldsForItsEpochOnly() throws Exception {
    RunSpec spec = Records.spec(16, 1);
    try (StudyStore store = open(newStudy());
        Session session = joined(store, spec, 1)) {
      assertThat(session.claimSearch(run -> true)).as("not trained yet").isEmpty();
      train(session.claim().orElseThrow());
      assertThat(session.claimSearch(run -> false)).isEmpty();
      SearchClaim search = session.claimSearch(run -> true).orElseThrow();
      assertThat(search.spec()).isEqualTo(spec);
      search.started(Records.PROVENANCE);
      assertThat(store.compressibilities()).isEmpty();
      search.found(FOUND);
      assertThat(store.compressibilities()).containsExactly(Map.entry(spec.id(), FOUND));
      assertThat(session.claimSearch(run -> true)).as("known").isEmpty();
      assertThat(store.runs().get(0).state()).isEqualTo(RunState.COMPLETED);

      add(store, 1, Records.spec(16, 2));
      train(session.claim().orElseThrow());
      assertThat(store.compressibilities()).as("of an earlier epoch").isEmpty();
      assertThat(session.claimSearch(run -> true).orElseThrow().spec().epochs()).isEqualTo(2);
    }
  }

  @Test
  void aSearchIsOneSessionsAndTakenOverFromOneThatEnded() throws Exception {
    Process shortLived = new ProcessBuilder("sleep", "0").start();
    ProcessName here = ProcessName.ofThisProcess();
    ProcessName ended = new ProcessName(here.machine(), shortLived.pid() + " 1");
    shortLived.waitFor();
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 1), 1)) {
      train(session.claim().orElseThrow());
      Session dead = new Session(store, SWEEP, ended, () -> 0);
      SearchClaim lost = dead.claimSearch(run -> true).orElseThrow();
      assertThat(session.claimSearch(run -> true)).isEmpty();
      session.beat();
      SearchClaim taken = session.claimSearch(run -> true).orElseThrow();
      assertThatThrownBy(() -> lost.found(FOUND)).isInstanceOf(LostClaimException.class);
      assertThat(store.compressibilities()).isEmpty();
      taken.found(FOUND);
      assertThat(store.compressibilities()).hasSize(1);
    }
  }

  @Test
  void moreEpochsTakeARunAwayFromItsSearch() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 1), 1)) {
      train(session.claim().orElseThrow());
      SearchClaim search = session.claimSearch(run -> true).orElseThrow();
      add(store, 1, Records.spec(16, 2));
      Claim claim = session.claim().orElseThrow();
      assertThatThrownBy(() -> search.found(FOUND)).isInstanceOf(LostClaimException.class);
      train(claim);
      assertThat(store.runs().get(0).state()).isEqualTo(RunState.COMPLETED);
    }
  }

  @Test
  void whatDivergesAfterItsSearchIsSetApart() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 1), 1)) {
      train(session.claim().orElseThrow());
      session.claimSearch(run -> true).orElseThrow().found(FOUND);
      add(store, 1, Records.spec(16, 2));
      Claim claim = session.claim().orElseThrow();
      claim.started(1, Records.PROVENANCE);
      claim.diverged(new Diverged(2, 3, "loss is NaN"), 1);
      assertThat(store.compressibilities()).isEmpty();
    }
  }

  @Test
  void aSearchThatCrashesIsTriedOnceMore() throws Exception {
    try (StudyStore store = open(newStudy());
        Session session = joined(store, Records.spec(16, 1), 1)) {
      train(session.claim().orElseThrow());
      assertThat(session.claimSearch(run -> true).orElseThrow().crashed("exit code 134")).isTrue();
      assertThat(session.claimSearch(run -> true).orElseThrow().crashed("exit code 134")).isFalse();
      assertThat(session.claimSearch(run -> true)).isEmpty();
      assertThat(store.runs().get(0).state()).isEqualTo(RunState.COMPLETED);
      store.retryFailed(SWEEP);
      assertThat(session.claimSearch(run -> true)).isPresent();
    }
  }

  @Test
  void runsOfOtherSweepsAreLeftAlone() throws Exception {
    try (StudyStore store = open(newStudy())) {
      add(store, 1, Records.spec(16, 1));
      store.add(new Demand("other", "text", List.of(Records.spec(32, 1)), 1), spec -> 1);
      Set<Integer> claimed = new HashSet<>();
      try (Session session = Session.join(store, "other")) {
        for (var claim = session.claim(); claim.isPresent(); claim = session.claim()) {
          claimed.add(claim.get().spec().batchSize());
        }
      }
      assertThat(claimed).containsExactly(32);
      assertThat(store.runsOf(SWEEP)).extracting(run -> run.spec().batchSize()).containsExactly(16);
      assertThat(store.runs()).hasSize(2);
    }
  }
}
