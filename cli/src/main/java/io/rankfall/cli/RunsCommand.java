package io.rankfall.cli;

import io.rankfall.compress.AtomicFile;
import io.rankfall.compress.IoConsumer;
import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.StoredEpoch;
import io.rankfall.study.store.StoredLayer;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Opening;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "runs",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the runs of a study, or exports what was measured on them, one measurement a row.",
      "",
      "Ranks count σ/‖W‖F above 1e-3 and 1e-2, as means over all layers but the last. Other thresholds",
      "are counted in the stored spectra; rows without one stay empty there.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall runs ten-minutes.db",
      "  rankfall runs ten-minutes.db --where state=diverged,failed",
      "  rankfall runs ten-minutes.db --where batchSize=8 --where 'lr>=0.1' --csv > runs.csv",
      "  rankfall runs ten-minutes.db --per epoch --tau 0.04,0.05 --csv --out epochs.csv",
      "  rankfall runs ten-minutes.db --per layer --jsonl --out layers.jsonl",
      "  rankfall runs ten-minutes.db --per compressibility --csv",
      "  rankfall runs ten-minutes.db --per epoch --parquet epochs.parquet"
    })
final class RunsCommand implements Callable<Integer> {

  /** What a row is. */
  enum Row {
    RUN,
    EPOCH,
    LAYER,
    COMPRESSIBILITY
  }

  @Parameters(paramLabel = "STUDY", description = "A file, or a URL of PostgreSQL.")
  private String study = "";

  @Option(
      names = "--where",
      paramLabel = "CONDITION",
      description = {
        "NAME=VALUE,... or with <, <=, >, >=, !=; several must all hold. Names: run, batchSize,",
        "learningRate, weightDecay, momentum, optimizer, decayOn, clipNorm, loss, seed, epochs, net,",
        "initialization, learner, state, testAccuracy."
      })
  private List<RunFilter> filters = List.of();

  @ArgGroup private Format format = new Format();

  private static final class Format {
    @Option(names = "--csv", description = "Print CSV instead of a table.")
    private boolean csv;

    @Option(names = "--jsonl", description = "Print JSON, one object a line.")
    private boolean jsonl;

    @Option(
        names = "--parquet",
        paramLabel = "FILE",
        description = "Write Apache Parquet: typed columns, compressed.")
    private @Nullable Path parquet;
  }

  @Option(
      names = "--per",
      paramLabel = "WHAT",
      description =
          "A row for each ${COMPLETION-CANDIDATES}, in CSV, JSON and Parquet. Default: RUN.")
  private Row per = Row.RUN;

  @Option(
      names = "--tau",
      split = ",",
      paramLabel = "TAU",
      description = "Count σ/‖W‖F above these as well, in CSV, JSON and Parquet.")
  private List<Double> thresholds = List.of();

  @Option(names = "--out", paramLabel = "FILE", description = "Write CSV or JSON to a file.")
  private @Nullable Path out;

  private final Console console;

  RunsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    boolean table = !format.csv && !format.jsonl && format.parquet == null;
    if (table && (per != Row.RUN || !thresholds.isEmpty() || out != null)) {
      throw new UsageException(
          "--per, --tau and --out: expected with --csv or --jsonl, the first two also with --parquet");
    }
    if (format.parquet != null && out != null) {
      throw new UsageException("--out: expected with --csv or --jsonl, found --parquet FILE");
    }
    if (thresholds.stream().anyMatch(tau -> !(tau >= 0 && tau < 1))) {
      throw new UsageException("--tau: expected 0 to below 1, found " + thresholds);
    }
    try (StudyStore store = StudyStore.open(study, Opening.EXISTING)) {
      List<StoredRun> runs =
          store.runs().stream()
              .filter(run -> filters.stream().allMatch(filter -> filter.test(run)))
              .toList();
      if (table) {
        RunsTable.lines(runs, store.compressibilities()).forEach(console.out()::println);
        console.out().printf("%n%s%n", RunsTable.summary(runs));
      } else if (format.parquet != null) {
        AtomicFile.write(format.parquet, file -> parquet(store, runs, file));
      } else if (out == null) {
        export(store, runs, text(console.out()));
      } else {
        AtomicFile.write(
            out,
            file -> {
              Writer writer = new OutputStreamWriter(file, StandardCharsets.UTF_8);
              export(store, runs, text(writer));
              writer.flush();
            });
      }
    }
    console.out().flush();
    return ExitCode.OK;
  }

  private IoConsumer<Map<String, Cell>> text(Writer writer) {
    return format.jsonl ? TextRows.json(writer) : TextRows.csv(writer);
  }

  private void parquet(StudyStore store, List<StoredRun> runs, OutputStream file)
      throws IOException {
    try (ParquetRows rows = new ParquetRows(file)) {
      if (export(store, runs, rows::write) == 0) {
        throw new IOException("%s: expected rows to export, found none".formatted(study));
      }
    }
  }

  /** Run by run: what is in memory does not grow with the study. How many rows there are. */
  private long export(StudyStore store, List<StoredRun> runs, IoConsumer<Map<String, Cell>> target)
      throws IOException {
    RunRows rows = new RunRows(thresholds);
    Map<String, Compressibility> found = store.compressibilities();
    long count = 0;
    for (StoredRun run : runs) {
      for (Map<String, Cell> row : rows(rows, store, run, found.get(run.id()))) {
        target.accept(row);
        count++;
      }
    }
    return count;
  }

  private List<Map<String, Cell>> rows(
      RunRows rows, StudyStore store, StoredRun run, @Nullable Compressibility found)
      throws IOException {
    if (per == Row.COMPRESSIBILITY) {
      return found == null ? List.of() : rows.ofCompressibility(run, found);
    }
    if (per == Row.RUN && thresholds.isEmpty()) {
      return List.of(rows.ofRun(run, run.last()));
    }
    List<StoredEpoch> epochs = store.epochs(run.id());
    List<Map<String, Cell>> made = new ArrayList<>();
    if (per == Row.RUN) {
      made.add(rows.ofRun(run, epochs.isEmpty() ? null : epochs.get(epochs.size() - 1)));
      return made;
    }
    for (StoredEpoch epoch : epochs) {
      if (per == Row.EPOCH) {
        made.add(rows.ofEpoch(run, epoch));
      } else {
        for (StoredLayer layer : epoch.layers()) {
          made.add(rows.ofLayer(run, epoch, layer));
        }
      }
    }
    return made;
  }
}
