package io.rankfall.cli;

import io.rankfall.compress.AtomicFile;
import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Opening;
import io.rankfall.study.sweep.Searches;
import io.rankfall.study.sweep.SweepEstimate;
import io.rankfall.study.sweep.SweepExecution;
import io.rankfall.study.sweep.SweepFormatException;
import io.rankfall.study.sweep.SweepSpec;
import io.rankfall.study.sweep.WorkerJvm;
import io.rankfall.study.sweep.Workplace;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "sweep",
    mixinStandardHelpOptions = true,
    description = {
      "Trains many networks that differ in batch size, learning rate, weight decay and other settings, and keeps"
          + " what is measured on them in every epoch, whole spectra included, in a study.",
      "",
      "Killed or interrupted at any moment, the same command goes on where it stopped; more values,",
      "seeds or epochs train only what is new. Several processes may work on one study.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall sweep ten-minutes                         a preset, into ten-minutes.db",
      "  rankfall sweep paper-mlp --dry-run                 its runs, the time and the disk it needs",
      "  rankfall sweep mine.yaml --study mine.db --jobs 4",
      "  rankfall sweep --batch-size 4,16,64 --lr 0.1,0.5 --weight-decay 0,5e-4 --epochs 10",
      "  rankfall sweep ten-minutes --seeds 5,6             two more of each",
      "  rankfall sweep ten-minutes --compressibility       and how small the networks become",
      "  rankfall sweep mine.yaml --study 'jdbc:postgresql://host/db?user=me' --checkpoints /shared",
      "  rankfall sweep mine.yaml --spark spark://host:7077 --checkpoints /shared   on a Spark cluster",
      "",
      "A specification:",
      "  name: mine",
      "  method: grid                    # or random, with trials: 50 and seed: 1",
      "  settings: {hidden: 3x100, batchNorm: true, epochs: 20, milestones: [12]}",
      "  parameters:",
      "    batchSize: {values: [4, 16, 64]}",
      "    learningRate: {values: [0.1, 0.5]}       # or {min: 1e-3, max: 1, scale: log}",
      "    weightDecay: {values: [0, 5e-4]}",
      "  seeds: [1, 2]",
      "  spectraEvery: 1                 # epochs between two whose whole spectra are kept",
      "  compressibility: true           # as --compressibility",
      "",
      "Exit code 1 when a run failed: its worker crashed twice. Runs that diverged are data."
    })
final class SweepCommand implements Callable<Integer> {
  private static final int MOST_ROWS = 60;

  /** What a cluster is asked for at once; what it has no core for waits there. */
  private static final int MOST_ON_CLUSTER = 256;

  @Parameters(
      arity = "0..1",
      paramLabel = "SPEC",
      description =
          "A YAML file, or one of ten-minutes, paper-mlp, paper-mlp-5-500, paper-mlp-full.")
  private @Nullable String specification;

  @Mixin private final SweepOptions options = new SweepOptions();

  @Option(
      names = "--study",
      paramLabel = "FILE",
      description =
          "The study: a file, or a URL of PostgreSQL. Default: the name of the sweep + .db.")
  private @Nullable String study;

  @Option(
      names = "--checkpoints",
      paramLabel = "DIR",
      description = "Folder for the trained weights. Default: beside the study.")
  private @Nullable Path checkpoints;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "SECONDS",
      showDefaultValue = picocli.CommandLine.Help.Visibility.ALWAYS,
      description = "What an interruption costs a run, or one epoch if that takes longer.")
  private double checkpointSeconds = 20;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description =
          "Worker processes, one thread and some 600 MB each, more for large data. Default: one a core, of this machine"
              + " or of the cluster.")
  private @Nullable Integer jobs;

  @Mixin private final DataFolderOption dataFolder = new DataFolderOption();

  @Mixin private final SparkOptions spark = new SparkOptions();

  @Option(
      names = "--compressibility",
      description = {
        "Also search how small every trained network becomes within 0.5, 1 and 2 points of its accuracy;",
        "10 to 30 s a million parameters. Of a finished sweep it searches what is missing."
      })
  private boolean compressibility;

  @Option(names = "--dry-run", description = "List the runs and estimate time and disk.")
  private boolean dryRun;

  @Option(names = "--retry-failed", description = "Try failed runs again.")
  private boolean retryFailed;

  private final Console console;

  SweepCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    SweepSpec sweep = sweep();
    if (dryRun) {
      return dryRun(sweep);
    }
    String where = study == null ? sweep.name() + ".db" : study;
    Path folder = checkpoints == null ? folderOf(where) : checkpoints;
    SweepData data = SweepData.of(sweep.runs(), dataFolder);
    WorkerJvm jvm = WorkerCommand.jvm(sweep.runs(), data, folder);
    Workplace here = Workplace.here(jvm.command(System.getProperty("java.class.path")));
    SweepExecution.Plan plan =
        UsageException.ifRefused(
            () -> new SweepExecution.Plan(jobsHere(), here, folder, checkpointSeconds));
    if (!where.startsWith("jdbc:")) {
      // Before the folder is made: checkpoints are beside the study.
      AtomicFile.requireTarget(Path.of(where));
    }
    OutputFolder.require(folder);
    try (StudyStore store = StudyStore.open(where, Opening.CREATE_IF_MISSING)) {
      SweepExecution.add(store, sweep);
      if (retryFailed) {
        store.retryFailed(sweep.name());
      }
      data.fetch(console);
      execute(store, sweep, data, plan, jvm);
      return summary(store, sweep, where);
    }
  }

  private int jobsHere() {
    return jobs == null ? Runtime.getRuntime().availableProcessors() : jobs;
  }

  private SweepSpec sweep() throws IOException {
    SweepSpec.Overrides overrides = options.overrides();
    if (specification != null) {
      return read(specification, overrides);
    }
    if (overrides.values().isEmpty()) {
      throw new UsageException(
          "expected a specification, a preset or options such as --batch-size 4,16, found none");
    }
    try {
      return SweepSpec.ofOptions(overrides);
    } catch (SweepFormatException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  /**
   * What a file or preset says, with the options in it.
   *
   * @throws UsageException if it can be followed without them alone
   */
  private static SweepSpec read(String specification, SweepSpec.Overrides overrides)
      throws IOException {
    try {
      return SweepSpec.read(specification, overrides);
    } catch (SweepFormatException e) {
      SweepSpec.read(specification, SweepSpec.Overrides.NONE);
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  /** {@code study.db} keeps its checkpoints in {@code study.checkpoints}. */
  private static Path folderOf(String study) {
    return Path.of(
        study.startsWith("jdbc:")
            ? "rankfall-checkpoints"
            : study.replaceFirst("\\.db$", "") + ".checkpoints");
  }

  private void execute(
      StudyStore store, SweepSpec sweep, SweepData data, SweepExecution.Plan here, WorkerJvm jvm)
      throws IOException, InterruptedException {
    List<StoredRun> before = store.runsOf(sweep.name());
    Searches searches =
        compressibility || sweep.compressibility()
            ? Searches.ofTrained(data.contents().test())
            : Searches.NONE;
    SweepProgress progress =
        new SweepProgress(console, before, searches, store.compressibilities().keySet());
    if (progress.openRuns() == 0) {
      return;
    }
    String what = "%s; %s".formatted(RunsTable.summary(before), progress);
    if (spark.master() == null) {
      console.progress(what + ", %d at a time".formatted(here.workers()));
      execute(new SweepExecution(store, sweep.name(), here, searches, progress));
      return;
    }
    try (Workplace cluster = spark.join(sweep.name(), jvm, jobs, console)) {
      console.progress(what + " on " + spark.master());
      int workers = jobs == null ? Math.min(progress.openRuns(), MOST_ON_CLUSTER) : jobs;
      SweepExecution.Plan there =
          new SweepExecution.Plan(workers, cluster, here.checkpoints(), here.checkpointSeconds());
      execute(new SweepExecution(store, sweep.name(), there, searches, progress));
    }
  }

  private void execute(SweepExecution execution) throws IOException, InterruptedException {
    Thread stop = new Thread(execution::stop, "stop-sweep");
    Runtime.getRuntime().addShutdownHook(stop);
    try {
      execution.run();
    } finally {
      console.endStatus();
      removeHook(stop);
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending: the hook does its work.
    }
  }

  private int summary(StudyStore store, SweepSpec sweep, String where) throws IOException {
    List<StoredRun> runs = store.runsOf(sweep.name());
    if (runs.size() <= MOST_ROWS) {
      RunsTable.lines(runs, store.compressibilities()).forEach(console.out()::println);
      console.out().println();
    }
    console.out().println(RunsTable.summary(runs));
    console.out().printf("Study: %s (see 'rankfall runs')%n", where.replaceFirst("\\?.*", ""));
    console.out().flush();
    return RunsTable.count(runs, RunState.FAILED) > 0 ? ExitCode.FINDING : ExitCode.OK;
  }

  private int dryRun(SweepSpec sweep) throws IOException, InterruptedException {
    Table table = new Table("run", "net", "B", "µ", "wd", "m", "seed", "epochs", "learner");
    for (RunSpec run : sweep.runs()) {
      table.add(
          run.id(),
          run.architecture().shortLabel(),
          Integer.toString(run.batchSize()),
          RunsTable.number(run.optimizer().learningRate()),
          RunsTable.number(run.optimizer().weightDecay()),
          RunsTable.momentum(run),
          Long.toString(run.seed()),
          Integer.toString(run.epochs()),
          run.learner().name());
    }
    table.lines().forEach(console.out()::println);
    console.progress("measuring some steps of every kind of training");
    SweepEstimate estimate =
        SweepEstimate.measure(sweep, SweepData.of(sweep.runs(), dataFolder).open(console));
    console
        .out()
        .printf(
            "%n%d runs: about %s with %d at a time, the longest %s; %,d MB of checkpoints, %,d MB"
                + " of study%n",
            sweep.runs().size(),
            duration(estimate.seconds(jobsHere())),
            jobsHere(),
            duration(estimate.longestSeconds()),
            megabytes(estimate.checkpointBytes()),
            megabytes(estimate.studyBytes()));
    console.out().flush();
    return ExitCode.OK;
  }

  private static long megabytes(long bytes) {
    return (bytes + 999_999) / 1_000_000;
  }

  private static String duration(double seconds) {
    if (seconds < 90) {
      return "%.0f s".formatted(seconds);
    }
    return seconds < 5400 ? "%.0f min".formatted(seconds / 60) : "%.1f h".formatted(seconds / 3600);
  }
}
