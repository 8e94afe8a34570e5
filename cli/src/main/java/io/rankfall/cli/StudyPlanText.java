package io.rankfall.cli;

import io.rankfall.study.plan.NetworkPlan;
import io.rankfall.study.plan.NetworkPlan.Law;
import io.rankfall.study.plan.NetworkPlan.NearRank;
import io.rankfall.study.plan.NetworkTraining;
import io.rankfall.study.plan.SettingOutcome;
import io.rankfall.study.plan.Spread;
import io.rankfall.study.plan.StudyPlan;
import io.rankfall.study.plan.WeightDecayEstimate;
import io.rankfall.study.plan.WeightDecayEstimate.Method;
import io.rankfall.study.plan.Wish;
import io.rankfall.study.statistics.RunCounts;
import io.rankfall.train.plan.Memory;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the runs of a study say to a wish, for a person. */
final class StudyPlanText {
  private final StudyPlan plan;
  private final Console console;
  private final Wish wish;

  StudyPlanText(StudyPlan plan, Console console) {
    this.plan = plan;
    this.console = console;
    this.wish = plan.question().wish();
  }

  void print() {
    RunCounts runs = plan.runs();
    console.paragraph(
        "Wanted: rank <= %s, test accuracy >= %s. Rank: %s."
            .formatted(rank(wish.rank()), percent(wish.minAccuracy()), plan.rankMeasure()));
    console.paragraph(
        "%d of %d runs used; set apart: %d diverged, %d untrained, %d failed, %d unfinished."
            .formatted(
                runs.used(),
                runs.total(),
                runs.diverged(),
                runs.untrained(),
                runs.failed(),
                runs.unfinished()));
    plan.networks().forEach(this::print);
  }

  private void print(NetworkPlan network) {
    console.out().println();
    console.out().println(network.network());
    if (network.reached().isEmpty()) {
      none(network);
    } else {
      console.paragraph(
          "%d of %d settings reached it, the most accurate first; medians [range] over seeds:"
              .formatted(network.reached().size(), network.settings()));
      table(network.reached());
    }
    estimates(network);
  }

  private void none(NetworkPlan network) {
    console.paragraph(
        "None of %d settings reached it; what came nearest, medians [range] over seeds:"
            .formatted(network.settings()));
    if (network.smallest().isEmpty()) {
      console.paragraph(
          "No setting reached test accuracy %s.".formatted(percent(wish.minAccuracy())));
    }
    if (network.mostAccurate().isEmpty()) {
      console.paragraph("No setting reached rank %s.".formatted(rank(wish.rank())));
    }
    table(
        Stream.concat(network.smallest().stream(), network.mostAccurate().stream())
            .distinct()
            .toList());
  }

  private void table(List<SettingOutcome> settings) {
    if (settings.isEmpty()) {
      return;
    }
    boolean shares = settings.stream().anyMatch(s -> s.share() != null);
    Table table =
        shares
            ? new Table("B", "µ", "wd", "rank", "test", "met by", "≤1 point")
            : new Table("B", "µ", "wd", "rank", "test", "met by");
    for (SettingOutcome s : settings) {
      Stream<String> cells =
          Stream.of(
              Integer.toString(s.batchSize()),
              RunsTable.number(s.learningRate()),
              RunsTable.number(s.weightDecay()),
              "%.1f [%.1f, %.1f]".formatted(s.rank().median(), s.rank().low(), s.rank().high()),
              accuracy(s.testAccuracy()),
              "%d of %d%s"
                  .formatted(
                      s.met(), s.runs() + s.lost(), s.lost() > 0 ? ", " + s.lost() + " lost" : ""));
      table.add(
          (shares ? Stream.concat(cells, Stream.of(share(s.share()))) : cells)
              .toArray(String[]::new));
    }
    table.lines().forEach(line -> console.out().println("  " + line));
  }

  private void estimates(NetworkPlan network) {
    NetworkTraining training = network.training();
    if (wish.rank() >= training.fullRank()) {
      console.paragraph(
          "No weight decay is needed for it: the layers' mean rank cannot exceed %s."
              .formatted(rank(training.fullRank())));
      return;
    }
    Law law = network.law();
    if (network.estimates().isEmpty()) {
      console.paragraph("Too few settings with weight decay for others to be told.");
      return;
    }
    console.paragraph(
        "Weight decay that rank %s is expected to need%s:"
            .formatted(
                rank(wish.rank()),
                law == null
                    ? ""
                    : " (of settings not run by a law of %d settings, R² %.2f, with its 95 %% interval)"
                        .formatted(law.settings(), law.rSquared())));
    Table table = new Table("B", "µ", "wd", "from", "to", "memory", "");
    network
        .estimates()
        .forEach(
            e ->
                table.add(
                    Integer.toString(e.batchSize()),
                    RunsTable.number(e.learningRate()),
                    rough(e.weightDecay()),
                    rough(e.low()),
                    rough(e.high()),
                    memory(e.memory()),
                    note(e, training)));
    table.lines().forEach(line -> console.out().println("  " + line));
    if (!training.isPlain()) {
      console.paragraph(memory(training));
    }
    near(network.nearRank());
  }

  private void near(@Nullable NearRank near) {
    console.paragraph(
        near == null
            ? "No setting's rank came near %s: what accuracy it leaves is not known."
                .formatted(rank(wish.rank()))
            : "Test accuracy at such ranks: %s in %d setting%s within a factor %s of rank %s."
                .formatted(
                    accuracy(near.testAccuracy()),
                    near.settings(),
                    near.settings() == 1 ? "" : "s",
                    RunsTable.number(near.factor()),
                    rank(wish.rank())));
  }

  private static String memory(NetworkTraining training) {
    return switch (training.method()) {
          case SGD, NESTEROV ->
              "With momentum m = %s a gradient stays for (1 - m)/(µ·wd) steps: that is the memory."
                  .formatted(RunsTable.number(training.momentum()));
          case ADAMW, MUON ->
              "The decay of %s is decoupled: an update, not a gradient, stays for 1/(µ·wd) steps. That is the memory."
                  .formatted(training.method());
        }
        + " What a short one costs was measured with plain SGD (docs/planning.md).";
  }

  private static String note(WeightDecayEstimate e, NetworkTraining training) {
    StringBuilder note = new StringBuilder();
    if (e.weightDecay() == null) {
      note.append("these runs tell of none below 1/µ");
    } else if (e.method() == Method.BETWEEN_RUNS) {
      note.append("between two runs");
    } else if (e.low() == null) {
      note.append("no interval: these runs leave it open");
    }
    if (!e.extrapolated().isEmpty()) {
      note.append(note.isEmpty() ? "" : "; ")
          .append("EXTRAPOLATION: ")
          .append(String.join(", ", e.extrapolated()));
    }
    Memory memory = e.memory();
    if (memory != null && memory.outlook() != Memory.Outlook.LEARNS) {
      note.append(note.isEmpty() ? "" : "; ")
          .append(
              memory.outlook() == Memory.Outlook.FORGETS && training.isPlain()
                  ? "such trainings learned far less, or nothing"
                  : "may cost accuracy");
    }
    return note.toString();
  }

  private static String memory(@Nullable Memory memory) {
    return memory == null ? "–" : "%.2g epochs".formatted(memory.epochs());
  }

  private static String rough(@Nullable Double value) {
    return value == null ? "–" : RunsTable.number(Double.parseDouble("%.1e".formatted(value)));
  }

  private static String share(@Nullable Spread share) {
    return share == null ? "–" : percent(share.median());
  }

  private static String accuracy(Spread spread) {
    return "%.2f%% [%.2f, %.2f]"
        .formatted(100 * spread.median(), 100 * spread.low(), 100 * spread.high());
  }

  private static String percent(double share) {
    return "%.1f%%".formatted(100 * share);
  }

  private static String rank(double rank) {
    return RunsTable.number(Math.round(10 * rank) / 10.0);
  }
}
