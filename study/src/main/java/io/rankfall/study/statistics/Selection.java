package io.rankfall.study.statistics;

import io.rankfall.study.statistics.RunSummary.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which runs are asked, and which are set apart. */
public record Selection(List<RunSummary> used, List<SetApart> apart) {
  public Selection {
    used = List.copyOf(used);
    apart = List.copyOf(apart);
  }

  /** Divides the runs of a table. */
  public static Selection of(RunTable table) {
    List<RunSummary> used = new ArrayList<>();
    List<SetApart> apart = new ArrayList<>();
    for (RunSummary run : table.runs()) {
      SetApart.Reason reason = reason(run, table.testExamples());
      if (reason == null) {
        used.add(run);
      } else {
        apart.add(
            new SetApart(
                run.id(),
                reason,
                run.batchSize(),
                run.learningRate(),
                run.weightDecay(),
                run.seed()));
      }
    }
    return new Selection(used, apart);
  }

  private static SetApart.@Nullable Reason reason(RunSummary run, int testExamples) {
    if (run.outcome() != Outcome.COMPLETED) {
      return SetApart.Reason.valueOf(run.outcome().name());
    }
    return run.result().testAccuracy() <= Chance.best(run.classes(), testExamples)
        ? SetApart.Reason.UNTRAINED
        : null;
  }

  /** How many there are of each kind. */
  public RunCounts counts() {
    return new RunCounts(
        used.size() + apart.size(),
        used.size(),
        (int) used.stream().filter(Quantity.SHARE::isKnownOf).count(),
        count(SetApart.Reason.DIVERGED),
        count(SetApart.Reason.UNTRAINED),
        count(SetApart.Reason.FAILED),
        count(SetApart.Reason.UNFINISHED));
  }

  private int count(SetApart.Reason reason) {
    return (int) apart.stream().filter(run -> run.reason() == reason).count();
  }
}
