package io.rankfall.study.sweep;

import io.rankfall.study.store.Claim;
import io.rankfall.study.store.Claimed;
import io.rankfall.study.store.LostClaimException;
import io.rankfall.study.store.SearchClaim;
import io.rankfall.study.store.Session;
import io.rankfall.study.store.StudyStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Trains the runs of a sweep that wait, and searches their compressibility, in workers. Several
 * processes may do so at once with the same study: each takes what no other has, and what another
 * leaves behind.
 */
public final class SweepExecution {
  private static final long MILLIS_BETWEEN_BEATS = 5000;
  private static final long MILLIS_BETWEEN_LOOKS = 500;

  /** A run that takes so many machines along is taken for their death's cause. */
  private static final int MOST_LOSSES = 10;

  private final StudyStore store;
  private final String sweep;
  private final Plan plan;
  private final Searches searches;
  private final SweepListener listener;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final List<TrialLoop> loops = new ArrayList<>();
  private final Map<String, Integer> losses = new ConcurrentHashMap<>();
  private final Set<String> notes = ConcurrentHashMap.newKeySet();
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean stopping;
  private @Nullable Session session;

  /**
   * How to work.
   *
   * @param workers how many at most, one thread each
   * @param workplace where they live; its owner closes it
   * @param checkpoints folder for the files from which trainings go on
   * @param checkpointSeconds at least so long between two checkpoints of a training
   */
  public record Plan(int workers, Workplace workplace, Path checkpoints, double checkpointSeconds) {
    public Plan {
      // Workers need not share this process's current folder.
      checkpoints = checkpoints.toAbsolutePath();
      if (workers < 1) {
        throw new IllegalArgumentException("jobs: expected >= 1, found " + workers);
      }
      if (!(checkpointSeconds >= 0)) {
        throw new IllegalArgumentException(
            "seconds between checkpoints: expected >= 0, found " + checkpointSeconds);
      }
    }
  }

  /**
   * @param sweep a name given to {@link StudyStore#add}
   */
  public SweepExecution(StudyStore store, String sweep, Plan plan, SweepListener listener) {
    this(store, sweep, plan, Searches.NONE, listener);
  }

  /**
   * @param sweep a name given to {@link StudyStore#add}
   * @param searches what is done with runs that have completed, in this and former executions
   */
  public SweepExecution(
      StudyStore store, String sweep, Plan plan, Searches searches, SweepListener listener) {
    this.store = store;
    this.sweep = sweep;
    this.plan = plan;
    this.searches = searches;
    this.listener = listener;
  }

  /** Makes the runs of a specification part of the study; how many are to be trained now. */
  public static int add(StudyStore store, SweepSpec spec) throws IOException {
    return store.add(
        new StudyStore.Demand(spec.name(), spec.text(), spec.runs(), spec.spectraEvery()),
        TrialCost::of);
  }

  /**
   * Works until no run of the sweep waits or is trained by anybody.
   *
   * @throws IOException in one line, if the study cannot be written or no worker can be started
   * @throws InterruptedException if the thread was interrupted, or {@link #stop} called
   */
  public void run() throws IOException, InterruptedException {
    Files.createDirectories(plan.checkpoints);
    Session joined = Session.join(store, sweep);
    synchronized (this) {
      session = joined;
    }
    Thread heart = new Thread(() -> attempt(() -> beat(joined)), "sweep-heartbeat");
    heart.setDaemon(true);
    try {
      heart.start();
      trainAll(joined);
    } finally {
      endOfWork();
      heart.interrupt();
      end();
    }
    rethrow();
  }

  private void trainAll(Session joined) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < plan.workers; i++) {
      TrialLoop loop = new TrialLoop(this, joined);
      Thread thread = new Thread(() -> attempt(loop::run), "sweep-" + i);
      thread.setDaemon(true);
      synchronized (this) {
        loops.add(loop);
      }
      threads.add(thread);
      thread.start();
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      endOfWork();
      throw e;
    }
  }

  private void beat(Session joined) throws IOException, InterruptedException {
    while (!stopping) {
      Thread.sleep(MILLIS_BETWEEN_BEATS);
      joined.beat();
    }
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  /** The first failure ends the whole execution. */
  private void attempt(Work work) {
    try {
      work.run();
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (!stopping) {
        failure.compareAndSet(null, e);
        endOfWork();
        closeWorkers();
      }
    }
  }

  private void endOfWork() {
    stopping = true;
    over.countDown();
  }

  private synchronized void closeWorkers() {
    loops.forEach(TrialLoop::close);
  }

  /** Whether no new trial shall begin and none that ends shall count. */
  boolean stopping() {
    return stopping;
  }

  /**
   * Ends the work of {@link #run} from another thread, such as a shutdown hook: what is being
   * written is finished, claims are given back, workers are ended. A later execution goes on from
   * the last checkpoints.
   */
  public void stop() {
    endOfWork();
    failure.compareAndSet(null, new InterruptedException("sweep interrupted"));
    end();
  }

  private synchronized void end() {
    Session joined = session;
    session = null;
    if (joined != null) {
      try {
        joined.close();
      } catch (IOException e) {
        failure.compareAndSet(null, e);
      }
    }
    closeWorkers();
  }

  private void rethrow() throws IOException, InterruptedException {
    Throwable thrown = failure.get();
    if (thrown instanceof IOException e) {
      throw e;
    }
    if (thrown instanceof InterruptedException e) {
      throw e;
    }
    if (thrown instanceof RuntimeException e) {
      throw e;
    }
  }

  Plan plan() {
    return plan;
  }

  Searches searches() {
    return searches;
  }

  SweepListener listener() {
    return listener;
  }

  /**
   * The next run to train or, since trainings take longer, if there is none to search; empty when
   * nothing is left to do for anybody.
   */
  Optional<Claimed> next(Session joined) throws IOException, InterruptedException {
    while (!isOver()) {
      Optional<Claim> claim = joined.claim();
      if (claim.isPresent()) {
        return Optional.of(claim.get());
      }
      if (searches.any()) {
        Optional<SearchClaim> search = joined.claimSearch(searches::isWanted);
        if (search.isPresent()) {
          return Optional.of(search.get());
        }
      }
      if (joined.isDone(searches::isWanted)) {
        over.countDown();
        closeUnready();
        return Optional.empty();
      }
      // A run that another worker or process has may come back.
      pause(MILLIS_BETWEEN_LOOKS);
    }
    return Optional.empty();
  }

  /** Workers that were asked for and have no room yet need not come any more. */
  private synchronized void closeUnready() {
    loops.forEach(TrialLoop::closeUnlessReady);
  }

  /** Whether nothing is to begin any more. */
  boolean isOver() {
    return over.getCount() == 0;
  }

  /** Waits, but no longer than until all is over. */
  void pause(long millis) throws InterruptedException {
    over.await(millis, TimeUnit.MILLISECONDS);
  }

  /** Counts that a run's worker was lost; whether that happened too often to be chance. */
  boolean isLostTooOften(String run) {
    return losses.merge(run, 1, Integer::sum) > MOST_LOSSES;
  }

  /** Tells something that went otherwise than planned; what concerns all trials alike only once. */
  void note(String text) {
    if (notes.add(text)) {
      listener.onNote(text);
    }
  }

  /** Whether a failed write means that the trial is another's now, or that all is ending. */
  boolean isGivenUp(IOException e) {
    return e instanceof LostClaimException || stopping;
  }
}
