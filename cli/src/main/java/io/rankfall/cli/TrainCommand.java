package io.rankfall.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankfall.compress.AtomicFile;
import io.rankfall.study.CheckpointKeeper;
import io.rankfall.study.RunCheckpoints;
import io.rankfall.study.RunFiles;
import io.rankfall.study.TrainingPaused;
import io.rankfall.study.report.TheoryPage;
import io.rankfall.train.Checkpoint;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StopRule;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.theory.TheoryProbe;
import io.rankfall.train.theory.TheoryReport;
import io.rankfall.train.theory.TheorySettings;
import io.rankfall.train.tracking.RunEnd;
import io.rankfall.train.tracking.RunTracker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = {
      "Trains a network while the rank of every weight matrix is watched, and",
      "exports it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall train --batch-size 16 --weight-decay 1e-3 --out run",
      "  rankfall train --hidden 100,100,100 --batch-norm --batch-size 4 --lr 0.01 --momentum 0.9",
      "  rankfall train --learner djl --epochs 3      PyTorch through DJL",
      "  rankfall train --optimizer adamw --lr 1e-3 --weight-decay 0.1 --cosine 20 --warmup-epochs 1",
      "  rankfall train --theory --lr 0.02 --weight-decay 0.2 --batch-size 2 --hidden 1024",
      "  rankfall train --tensorboard logs/b16        and, meanwhile, tensorboard --logdir logs",
      "  rankfall train --mlflow http://localhost:5000 --mlflow-experiment ranks",
      "",
      "  rankfall train --epochs 500 --checkpoint-every 10m --max-minutes 55 --out run --resume",
      "  rankfall train --until-rank 20 --until-accuracy 0.88 --validation 5000 --epochs 100",
      "",
      "Writes run.json (settings, spectra of every epoch), model.onnx and model.safetensors to --out.",
      "Meanwhile checkpoint.safetensors is what --resume goes on from, after a crash or kill too, and",
      "best.safetensors the weights with the highest test accuracy so far; see --validation.",
      "Control-C pauses: it writes a checkpoint at the next step. So does --max-minutes.",
      "Exit code 1 when the training diverged (run.json then says where), when it ended without",
      "--until-rank or --until-accuracy, when it was paused by --max-minutes, and when --theory found",
      "something that cannot be."
    })
final class TrainCommand implements Callable<Integer> {
  private static final String THEORY_JSON = "theory.json";
  private static final String THEORY_PAGE = "theory.html";

  @Option(names = "--out", paramLabel = "DIR", description = "Folder for the run's files.")
  private Path out = Path.of("rankfall-run");

  @Mixin private final DatasetOptions data = new DatasetOptions();

  @Mixin private final SpecOptions options = new SpecOptions();

  @Mixin private final CheckpointOptions checkpoints = new CheckpointOptions();

  @Mixin private final StopOptions stops = new StopOptions();

  @Mixin private final TrackingOptions tracking = new TrackingOptions();

  @Option(
      names = "--theory",
      description =
          "Hold the theory against the training: theory.json and theory.html in --out, in a few percent more time. "
              + "'rankfall theory RUN' looks closer.")
  private boolean theory;

  private final Console console;

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    data.requireFit(options);
    List<StopRule> rules = UsageException.ifRefused(stops::rules);
    checkpoints.require();
    Dataset all = data.open(console);
    Dataset dataset = UsageException.ifRefused(() -> stops.data(all));
    RunSpec spec =
        UsageException.ifRefused(
            () -> options.spec(dataset.name(), dataset.train().shape(), dataset.train().classes()));
    Trainer trainer = new Trainer(dataset);
    UsageException.ifRefused(() -> trainer.requireFit(spec));
    OutputFolder.require(out);
    RunCheckpoints folder = new RunCheckpoints(out);
    Checkpoint from = checkpoints.start(folder, spec, console);
    TheoryProbe probe = theory ? probe(spec, dataset, rules, from) : null;
    folder.removeParts();
    Run run;
    try (StopSignals signals = StopSignals.listen(this::sayThatItPauses)) {
      long end = deadline();
      BooleanSupplier pause = () -> signals.received() || System.nanoTime() - end > 0;
      CheckpointKeeper keeper =
          new CheckpointKeeper(folder, checkpoints.interval(), spec, pause, from);
      TrainingListener progress =
          new TrainingProgress(console, String.valueOf(out.getFileName()), spec, dataset, from);
      TrainingListener watching = probe == null ? progress : probe.andThen(progress);
      try {
        run = train(trainer, spec, rules, from, keeper.andThen(watching));
      } catch (TrainingPaused e) {
        return paused(e, signals);
      }
    }
    console.endStatus();
    RunFiles.write(out, run, dataset);
    boolean holds;
    if (probe == null) {
      // What is there is of an earlier training.
      Files.deleteIfExists(out.resolve(THEORY_JSON));
      Files.deleteIfExists(out.resolve(THEORY_PAGE));
      holds = true;
    } else {
      holds = tell(probe.report(run.outcome()));
    }
    return holds ? summary(run) : Math.max(summary(run), ExitCode.FINDING);
  }

  /** Looks at all steps or at none: what it says is of a whole training. */
  private TheoryProbe probe(
      RunSpec spec, Dataset dataset, List<StopRule> rules, @Nullable Checkpoint from) {
    if (!rules.isEmpty()) {
      throw new UsageException(
          "--theory: expected a training of a fixed number of epochs, found a rule that may end it;"
              + " 'rankfall theory RUN' follows it afterwards");
    }
    if (from != null) {
      throw new UsageException(
          "--theory: expected a training from its first step, found one resumed at epoch %d; 'rankfall theory RUN' follows it afterwards"
              .formatted(from.epoch()));
    }
    return UsageException.ifRefused(() -> new TheoryProbe(spec, dataset, TheorySettings.LIGHT));
  }

  private boolean tell(TheoryReport report) throws IOException {
    Path page = out.resolve(THEORY_PAGE);
    AtomicFile.write(out.resolve(THEORY_JSON), bytes -> bytes.write(report.json().getBytes(UTF_8)));
    TheoryPage.of(report).write(page);
    console.paragraph(TheoryText.conclusion(report));
    console.out().printf("Theory: %s%n%n", page);
    return report.holds();
  }

  private Run train(
      Trainer trainer,
      RunSpec spec,
      List<StopRule> rules,
      @Nullable Checkpoint from,
      TrainingListener listener)
      throws IOException, InterruptedException {
    try (RunTracker tracker = tracking.start(String.valueOf(out.getFileName()), spec, console)) {
      try {
        TrainingListener all = tracker.andThen(listener);
        Run run;
        if (from == null) {
          run = trainer.train(spec, rules, all);
        } else {
          // Trackers begin a run of their own and hear of all epochs.
          from.epochs().forEach(tracker::onEpoch);
          run = trainer.resume(from, spec.epochs(), rules, all);
        }
        tracker.end(RunEnd.of(run.outcome()));
        return run;
      } catch (TrainingPaused e) {
        tracker.end(new RunEnd.Killed());
        throw e;
      }
    }
  }

  /** In nanoseconds of {@link System#nanoTime}. */
  private long deadline() {
    double nanos = checkpoints.maxMinutes() * 60e9;
    // A century: differences of this clock have to stay below 292 years.
    return System.nanoTime() + (long) Math.min(nanos, 100 * 365 * 86_400e9);
  }

  private void sayThatItPauses() {
    console.progress("Pausing at the next step, with a checkpoint; once more ends at once");
  }

  private int paused(TrainingPaused pause, StopSignals signals) {
    console.failure(
        "%s %s; the same command with --resume goes on"
            .formatted(
                signals.received() ? "interrupted" : "--max-minutes: time is up",
                pause.position()));
    return signals.received() ? signals.exitCode() : ExitCode.FINDING;
  }

  private int summary(Run run) throws IOException {
    if (run.outcome() instanceof RunOutcome.Diverged diverged) {
      console.out().println("diverged at " + diverged.message());
      return ExitCode.FINDING;
    }
    EpochRecord last = run.epochs().get(run.epochs().size() - 1);
    boolean met = sayWhyItEnded(run, last);
    Evaluation validation = last.validation();
    if (validation != null) {
      console.out().printf("validation accuracy %.4f%n", validation.accuracy());
    }
    console.out().printf("test accuracy %.4f%n", last.test().accuracy());
    EpochRecord best = EpochRecord.best(run.epochs());
    if (best.epoch() != last.epoch()) {
      console
          .out()
          .printf(
              "best %s accuracy %.4f, of epoch %d: %s%n",
              best.selectionName(), best.selection().accuracy(), best.epoch(), RunCheckpoints.BEST);
    }
    InspectionText.matrices(InspectCommand.ofRun(out, console))
        .lines()
        .forEach(console.out()::println);
    console.out().printf("%nRun: %s%n", out.toAbsolutePath().normalize());
    return met ? ExitCode.OK : ExitCode.FINDING;
  }

  /** Whether the goal was met, if there was one. */
  private boolean sayWhyItEnded(Run run, EpochRecord last) {
    StopRule.Goal goal = stops.goal();
    if (run.outcome() instanceof RunOutcome.Stopped stopped) {
      boolean met = stopped.rule() instanceof StopRule.Goal;
      console.out().println((met ? "goal met at " : "ended at ") + stopped.message());
      if (met) {
        return true;
      }
    }
    if (goal == null) {
      return true;
    }
    console.out().printf("goal not met by epoch %d: %s%n", last.epoch(), goal.found(last));
    return false;
  }
}
