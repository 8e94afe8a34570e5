package io.rankfall.cli;

import io.rankfall.compress.AtomicFile;
import io.rankfall.study.report.StudyReport;
import io.rankfall.study.statistics.RunTable;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Opening;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = {
      "Draws a study as one HTML file that needs no network: rank over batch size, learning rate and weight"
          + " decay at any threshold, rank against epoch, whole spectra, how small the networks become, all runs,"
          + " and what the statistics say.",
      "",
      "A study that is still being trained is drawn as it stands.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall report ten-minutes.db                      writes ten-minutes.html",
      "  rankfall report mine.db --where momentum=0 --out plain.html",
      "  rankfall report 'jdbc:postgresql://host/db?user=me' --out team.html"
    })
final class ReportCommand implements Callable<Integer> {
  @Parameters(paramLabel = "STUDY", description = "A file, or a URL of PostgreSQL.")
  private String study = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The HTML file. Default: the study's name + .html.")
  private @Nullable Path out;

  @Option(
      names = "--where",
      paramLabel = "CONDITION",
      description = "Only these runs, as in 'rankfall runs'.")
  private List<RunFilter> filters = List.of();

  @Option(
      names = "--rank",
      paramLabel = "RULE",
      description = {
        "What the statistics ask about: HUNDREDTH counts singular values above 0.01·‖W‖F, THOUSANDTH",
        "above 0.001·‖W‖F. Charts have any threshold. Default: HUNDREDTH."
      })
  private RunTable.RankMeasure rank = RunTable.RankMeasure.HUNDREDTH;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the statistics' bootstrap. Default: 1.")
  private long seed = 1;

  private final Console console;

  ReportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    String name = nameOf(study);
    Path target = out == null ? Path.of(name + ".html") : out;
    AtomicFile.requireTarget(target);
    try (StudyStore store = StudyStore.open(study, Opening.EXISTING)) {
      List<StoredRun> runs =
          store.runs().stream()
              .filter(run -> filters.stream().allMatch(filter -> filter.test(run)))
              .toList();
      if (runs.isEmpty()) {
        throw new UsageException(
            "%s: expected runs%s, found none"
                .formatted(name, filters.isEmpty() ? "" : " that meet --where"));
      }
      RunTable table =
          RunTable.of(runs, store.compressibilities(), rank, StudyData.testExamples(runs));
      StudyReport.of(Path.of(name).getFileName().toString(), store, runs, table, seed)
          .write(target);
      console
          .out()
          .printf("%s: %d runs, %,d kB%n", target, runs.size(), (Files.size(target) + 999) / 1000);
    }
    console.out().flush();
    return ExitCode.OK;
  }

  /** The study's file without its suffix, or the database's name. */
  private static String nameOf(String study) {
    return study.startsWith("jdbc:")
        ? study.replaceFirst("\\?.*", "").replaceFirst(".*[/:]", "").replaceFirst("^$", "study")
        : study.replaceFirst("\\.db$", "");
  }
}
