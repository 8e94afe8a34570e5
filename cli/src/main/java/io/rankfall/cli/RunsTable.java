package io.rankfall.cli;

import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.Compressibility.Method;
import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StoredEpoch;
import io.rankfall.study.store.StoredRun;
import io.rankfall.train.RunSpec;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs of a study as a table for people. */
final class RunsTable {
  private RunsTable() {}

  static List<String> lines(List<StoredRun> runs, Map<String, Compressibility> found) {
    Table table =
        new Table(
            "run",
            "net",
            "B",
            "µ",
            "wd",
            "m",
            "seed",
            "state",
            "epoch",
            "test",
            "rank 1e-3",
            "rank 1e-2",
            "≤1 point",
            "seconds");
    for (StoredRun run : runs) {
      RunSpec spec = run.spec();
      StoredEpoch last = run.last();
      table.add(
          run.id(),
          spec.architecture().shortLabel(),
          Integer.toString(spec.batchSize()),
          number(spec.optimizer().learningRate()),
          number(spec.optimizer().weightDecay()),
          momentum(spec),
          Long.toString(spec.seed()),
          run.state().name().toLowerCase(Locale.ROOT),
          (last == null ? "–" : last.epoch()) + "/" + spec.epochs(),
          last == null ? "–" : "%.2f%%".formatted(100 * last.test().accuracy()),
          last == null ? "–" : "%.1f".formatted(last.meanRank1e3()),
          last == null ? "–" : "%.1f".formatted(last.meanRank1e2()),
          share(found.get(run.id())),
          ended(run) ? "%.0f".formatted(run.seconds()) : "–");
    }
    return table.lines();
  }

  /** m, and how else a step is not plain SGD's: {@code 0.9 NESTEROV}. */
  static String momentum(RunSpec spec) {
    return (number(spec.optimizer().momentum()) + " " + spec.stepLabel()).strip();
  }

  /** The smallest share within one point, ranks chosen by inputs: {@code 12.3%}. */
  static String share(@Nullable Compressibility found) {
    return found == null
        ? "–"
        : found
            .smallest(Method.DATA_AWARE, 1)
            .map(smallest -> "%.1f%%".formatted(100 * smallest.share()))
            .orElse("–");
  }

  private static boolean ended(StoredRun run) {
    return run.state() == RunState.COMPLETED || run.state() == RunState.DIVERGED;
  }

  /** For example {@code 48 runs: 46 completed, 2 diverged}. */
  static String summary(List<StoredRun> runs) {
    String parts =
        List.of(RunState.values()).stream()
            .filter(state -> count(runs, state) > 0)
            .map(state -> count(runs, state) + " " + state.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    return "%d run%s%s"
        .formatted(runs.size(), runs.size() == 1 ? "" : "s", parts.isEmpty() ? "" : ": " + parts);
  }

  static long count(List<StoredRun> runs, RunState state) {
    return runs.stream().filter(run -> run.state() == state).count();
  }

  /** The shortest text that is this number: 0.1, 5.0E-4 as 5e-4. */
  static String number(double value) {
    return Double.toString(value).replaceFirst("\\.0(?=E|$)", "").replace('E', 'e');
  }
}
