package io.rankfall.cli;

import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.sweep.Searches;
import io.rankfall.study.sweep.SweepListener;
import io.rankfall.study.sweep.TrialCost;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.RunSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A line a trial that has ended, and a status line with the time left. */
final class SweepProgress implements SweepListener {
  private final Console console;
  private final int total;
  private final TimeLeft timeLeft;
  private final Searches searches;
  private final Map<String, Integer> firstNew = new HashMap<>();

  /** Parameters of the networks whose compressibility is not known; which those are is open. */
  private final Map<String, Long> unsearched = new HashMap<>();

  private @Nullable TimeLeft searchTimeLeft;
  private int done;

  /**
   * @param runs of the sweep, as they are when it begins
   * @param searched the runs whose compressibility is known
   */
  SweepProgress(Console console, List<StoredRun> runs, Searches searches, Set<String> searched) {
    this.console = console;
    this.searches = searches;
    if (searches.any()) {
      runs.stream()
          .filter(run -> !ended(run.state()) || searches.concern(run))
          .filter(run -> !ended(run.state()) || !searched.contains(run.id()))
          .forEach(run -> unsearched.put(run.id(), run.spec().architecture().parameters()));
    }
    this.total = runs.size();
    this.done = (int) runs.stream().filter(run -> ended(run.state())).count();
    this.timeLeft =
        new TimeLeft(
            runs.stream()
                .filter(run -> !ended(run.state()))
                .mapToDouble(SweepProgress::workLeft)
                .sum());
  }

  /** How many runs there is something to do with. */
  int openRuns() {
    return Math.max(total - done, unsearched.size());
  }

  /** For example {@code 12 to train, 40 to search}. */
  @Override
  public String toString() {
    return "%d to train%s"
        .formatted(
            total - done, searches.any() ? ", %d to search".formatted(unsearched.size()) : "");
  }

  static boolean ended(RunState state) {
    return state != RunState.WAITING && state != RunState.RUNNING;
  }

  private static double workLeft(StoredRun run) {
    int trained = run.last() == null ? 0 : run.last().epoch();
    return (run.spec().epochs() - trained) * TrialCost.ofEpoch(run.spec());
  }

  @Override
  public synchronized void onStart(RunSpec spec, int from) {
    firstNew.put(spec.id(), from + 1);
  }

  /** Epochs out of a checkpoint are told too, and cost nothing now. */
  @Override
  public synchronized void onEpoch(RunSpec spec, EpochRecord record) {
    if (record.epoch() >= Math.max(1, firstNew.getOrDefault(spec.id(), 0))) {
      timeLeft.did(TrialCost.ofEpoch(spec));
    }
    console.status(timeLeft.bar("%d/%d runs".formatted(done, total)));
  }

  @Override
  public synchronized void onEnd(
      RunSpec spec,
      RunState state,
      @Nullable EpochRecord last,
      @Nullable String message,
      double seconds) {
    done += ended(state) ? 1 : 0;
    if (ended(state) && !isWorthASearch(spec, state, last)) {
      unsearched.remove(spec.id());
    }
    if (last != null) {
      // What a run that diverged does not train needs no time.
      timeLeft.did(
          (spec.epochs() - last.epoch()) * TrialCost.ofEpoch(spec) * (ended(state) ? 1 : 0));
    }
    String what =
        switch (state) {
          case COMPLETED -> last == null ? "completed" : completed(last, seconds);
          case WAITING -> "will be tried again: " + message;
          default -> state.name().toLowerCase(Locale.ROOT) + ": " + message;
        };
    String left = done == total ? "" : timeLeft.text();
    console.progress(
        "%d/%d  %s  %s%s"
            .formatted(
                done, total, label(spec), what, left.isEmpty() ? "" : ", " + left + " left"));
  }

  private boolean isWorthASearch(RunSpec spec, RunState state, @Nullable EpochRecord last) {
    return last != null
        && searches.concern(state, spec.architecture().outputs(), last.test().accuracy());
  }

  /** Searches begin when nothing waits to be trained, so their time is estimated by itself. */
  @Override
  public synchronized void onSearch(RunSpec spec) {
    if (searchTimeLeft == null) {
      searchTimeLeft =
          new TimeLeft(unsearched.values().stream().mapToDouble(Long::doubleValue).sum());
    }
    console.status(searchTimeLeft.bar("%d to search".formatted(unsearched.size())));
  }

  @Override
  public synchronized void onSearched(
      RunSpec spec, @Nullable Compressibility found, double seconds) {
    Long parameters = unsearched.remove(spec.id());
    if (searchTimeLeft == null || parameters == null) {
      return;
    }
    searchTimeLeft.did(parameters);
    String left = unsearched.isEmpty() ? "" : searchTimeLeft.text();
    if (found != null) {
      console.progress(
          "%d to search  %s  within 1 point %s of the parameters, %.0f s%s"
              .formatted(
                  unsearched.size(),
                  label(spec),
                  RunsTable.share(found),
                  seconds,
                  left.isEmpty() ? "" : ", " + left + " left"));
    }
  }

  private static String completed(EpochRecord last, double seconds) {
    return "test %.2f %% after %d epochs, %.0f s"
        .formatted(100 * last.test().accuracy(), last.epoch(), seconds);
  }

  /** For example {@code 784-100-10+bn B=16 µ=0.1 wd=0.001 seed=1}. */
  static String label(RunSpec spec) {
    return "%s B=%d µ=%s wd=%s%s%s seed=%d"
        .formatted(
            spec.architecture().shortLabel(),
            spec.batchSize(),
            RunsTable.number(spec.optimizer().learningRate()),
            RunsTable.number(spec.optimizer().weightDecay()),
            spec.optimizer().momentum() == 0
                ? ""
                : " m=" + RunsTable.number(spec.optimizer().momentum()),
            spec.stepLabel().isEmpty() ? "" : " " + spec.stepLabel(),
            spec.seed());
  }

  @Override
  public void onNote(String note) {
    console.progress(note);
  }
}
