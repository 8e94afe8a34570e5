package io.rankfall.cli;

import io.rankfall.study.statistics.Conclusion;
import io.rankfall.study.statistics.RunCounts;
import io.rankfall.study.statistics.RunTable;
import io.rankfall.study.statistics.RunTable.RankMeasure;
import io.rankfall.study.statistics.StudyStatistics;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Opening;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "statistics",
    mixinStandardHelpOptions = true,
    description = {
      "Asks the runs of a study what batch size, learning rate and weight decay do to the rank of the",
      "weight matrices, and whether low rank goes with generalization; of runs whose compressibility was",
      "searched ('rankfall sweep --compressibility') also what they do to the share of parameters needed.",
      "",
      "Each axis is tested with all other settings held fixed (Jonckheere-Terpstra, Kendall's τ with a",
      "bootstrap interval), all tests together corrected after Holm. Runs that diverged or learned nothing",
      "are counted and set apart.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall statistics ten-minutes.db",
      "  rankfall statistics ten-minutes.db --where net=784-3x100-10+bn --rank THOUSANDTH",
      "  rankfall statistics ten-minutes.db --json > statistics.json     every number"
    })
final class StatisticsCommand implements Callable<Integer> {

  @Parameters(paramLabel = "STUDY", description = "A file, or a URL of PostgreSQL.")
  private String study = "";

  @Option(
      names = "--where",
      paramLabel = "CONDITION",
      description = "Only these runs, as in 'rankfall runs'.")
  private List<RunFilter> filters = List.of();

  @Option(
      names = "--rank",
      paramLabel = "RULE",
      description =
          "HUNDREDTH counts singular values above 0.01·‖W‖F, THOUSANDTH above 0.001·‖W‖F. "
              + "Default: ${DEFAULT-VALUE}.")
  private RankMeasure rank = RankMeasure.HUNDREDTH;

  @Option(names = "--seed", paramLabel = "N", description = "Of the bootstrap. Default: 1.")
  private long seed = 1;

  @Option(names = "--json", description = "Print all statistics as JSON.")
  private boolean json;

  private final Console console;

  StatisticsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    StudyStatistics statistics;
    try (StudyStore store = StudyStore.open(study, Opening.EXISTING)) {
      List<StoredRun> runs =
          store.runs().stream()
              .filter(run -> filters.stream().allMatch(filter -> filter.test(run)))
              .toList();
      statistics =
          StudyStatistics.of(
              RunTable.of(runs, store.compressibilities(), rank, StudyData.testExamples(runs)),
              seed);
    }
    if (json) {
      console.out().println(statistics.json());
    } else {
      print(statistics);
    }
    console.out().flush();
    return ExitCode.OK;
  }

  private void print(StudyStatistics statistics) {
    RunCounts runs = statistics.runs();
    console.paragraph(
        "%d of %d runs used; set apart: %d diverged, %d untrained, %d failed, %d unfinished. Rank: %s."
            .formatted(
                runs.used(),
                runs.total(),
                runs.diverged(),
                runs.untrained(),
                runs.failed(),
                runs.unfinished(),
                statistics.rankMeasure()));
    if (runs.searched() > 0) {
      console.paragraph(
          "Share of parameters needed, of %d runs: %s."
              .formatted(runs.searched(), statistics.shareMeasure()));
    }
    for (Conclusion conclusion : statistics.conclusions()) {
      console.out().println(mark(conclusion.verdict()) + " " + conclusion.id());
      console.paragraph(conclusion.text());
    }
    statistics.notes().forEach(note -> console.paragraph("Note: " + note));
  }

  private static String mark(Conclusion.Verdict verdict) {
    return switch (verdict) {
      case SUPPORTED -> "✓";
      case CONTRADICTED -> "✗";
      case OPEN -> "?";
    };
  }
}
