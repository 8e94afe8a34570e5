package io.rankfall.cli;

import io.rankfall.compress.AtomicFile;
import io.rankfall.study.recording.Recordings;
import io.rankfall.study.report.TheoryPage;
import io.rankfall.train.Dataset;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.data.Datasets;
import io.rankfall.train.data.FashionMnist;
import io.rankfall.train.theory.ModelTheory;
import io.rankfall.train.theory.StepRecursion;
import io.rankfall.train.theory.TheoryProbe;
import io.rankfall.train.theory.TheoryReport;
import io.rankfall.train.theory.TheorySettings;
import io.rankfall.train.theory.UpdateProbe;
import io.rankfall.train.theory.UpdateReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "theory",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = {
      "Holds the theory against a training: SGD with weight decay makes weights of low rank, because a",
      "step forgets the share µ*wd of them and adds a gradient of rank B*R at most (arXiv 2206.05794).",
      "",
      "Trains with all checks on: a preset, a training of your own by the options of 'train', or the",
      "training of a finished run once more, which must arrive at the same weights. Of a model file,",
      "trained elsewhere, the ranks are held against the bounds of the settings that are given.",
      ""
    },
    footerHeading = "%nVerdicts:%n",
    footer = {
      "  HOLDS     the premise is true by the norms that were measured, and the rank keeps to the bound",
      "  VACUOUS   the bound is not below the matrix's smaller side: every matrix keeps to it",
      "  NOT_YET   the premise is not true: too few steps, or the norm has more than halved within the",
      "            window, which leaves too much of the old weights",
      "  VIOLATED  cannot be: the command ends with exit code 1",
      "",
      "Presets, each within a quarter of a minute on one core, wide within a minute or two:",
      "  one-example   B=1, µ*wd=0.01: the bound holds at every ε",
      "  paper-window  B=1, µ*wd=0.005: the window of 1,517 steps",
      "  two-examples  B=2, µ*wd=0.02: the same bounds from half the window",
      "  wide          B=4, µ*wd=0.02, batch normalisation: a 2048x2048 layer",
      "  schedule      µ falls to a fifth after epoch 2: the window grows fivefold",
      "  momentum      heavy-ball momentum 0.6",
      "  no-decay      wd=0, the control: no window, the rank stays",
      "",
      "Examples:",
      "  rankfall theory --preset one-example",
      "  rankfall theory rankfall-run                 the training of 'rankfall train' once more",
      "  rankfall theory --hidden 512 --examples 3000 --batch-size 1 --lr 0.02 --weight-decay 0.5",
      "  rankfall theory --preset momentum --epsilon 0.3,0.03 --json > theory.json",
      "  rankfall theory --preset one-example --html theory.html --explorer",
      "  rankfall theory model.onnx --spec run.json   a file and the settings of its training",
      "  rankfall theory model.safetensors --batch-size 1 --lr 0.02 --weight-decay 0.5 --steps 15000",
      "  rankfall theory --optimizer adamw --lr 1e-3 --examples 3000    no bound: ranks of updates",
      "",
      "Exit code 1 when something that must hold does not, when the training diverged, or when the run's",
      "weights were not arrived at."
    })
final class TheoryCommand implements Callable<Integer> {

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN|MODEL",
      description = "A folder that 'rankfall train' wrote, or an ONNX or safetensors file.")
  private @Nullable Path run;

  @Option(names = "--preset", paramLabel = "NAME", description = "One of those below.")
  private @Nullable String preset;

  @Option(
      names = "--examples",
      paramLabel = "N",
      description = "Train on the first N training examples only; 0 for all of them.")
  private int examples;

  @Mixin private final SpecOptions options = new SpecOptions();

  @Option(
      names = "--epsilon",
      split = ",",
      paramLabel = "E",
      defaultValue = "0.1,0.01,0.001",
      description = "How close to W the matrix of low rank shall be, relative to its norm.")
  private List<Double> epsilons = List.of();

  @Option(
      names = "--samples",
      paramLabel = "N",
      description =
          "At how many steps, evenly spread, the ranks of gradients are measured; as many as there are for all.")
  private int samples = TheorySettings.DEFAULT.gradientSamples();

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description = "For the gradients of the last steps: how far back witness and identity reach.")
  private int memory = 256;

  @Option(names = "--json", description = "Print everything as JSON.")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "Draw everything as one HTML file.")
  private @Nullable Path html;

  @Option(
      names = "--explorer",
      description =
          "With --html: trainings of a small layer to play step by step, recorded now (a minute).")
  private boolean explorer;

  @Mixin private final ModelTheoryOptions model = new ModelTheoryOptions();

  @Mixin private final DataFolderOption folder = new DataFolderOption();

  @Spec private CommandSpec command;

  private final Console console;

  @SuppressWarnings("NullAway.Init")
  TheoryCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (memory < 1) {
      throw new UsageException("--memory: expected >= 1 MiB, found " + memory);
    }
    TheorySettings settings =
        UsageException.ifRefused(
            () ->
                new TheorySettings(
                    epsilons,
                    samples,
                    (long) memory << 20,
                    TheorySettings.DEFAULT.witnessPoints(),
                    TheorySettings.DEFAULT.depth()));
    if (run != null && ModelCheck.isModel(run)) {
      return ofModel(run);
    }
    if (model.isGiven()) {
      throw new UsageException(
          "--spec, --steps and --positions: expected a model file beside them, found "
              + (run == null ? "none" : run));
    }
    requireOneTraining();
    if (html != null) {
      AtomicFile.requireTarget(html);
    } else if (explorer) {
      throw new UsageException("--explorer: expected with --html, found without");
    }
    TheoryTraining training = training();
    RunSpec spec = training.spec();
    RunOutcome outcome;
    boolean holds;
    if (StepRecursion.isModelled(spec.optimizer())) {
      TheoryProbe probe =
          UsageException.ifRefused(() -> new TheoryProbe(spec, training.dataset(), settings));
      outcome = train(training, probe);
      holds = tell(probe.report(outcome));
    } else {
      requireNoPage(spec);
      UpdateProbe probe = new UpdateProbe(spec, training.dataset());
      outcome = train(training, probe);
      holds = tell(probe.report(outcome));
    }
    boolean arrived = training.arrives(outcome, console);
    console.out().flush();
    return exitCode(holds, outcome, arrived);
  }

  private TheoryTraining training() throws IOException, InterruptedException {
    if (run != null) {
      return TheoryTraining.ofRun(run, Datasets.in(folder.folder()));
    }
    return preset == null
        ? TheoryTraining.ofSettings(options, examples)
        : TheoryTraining.ofPreset(preset, options.seed());
  }

  static int exitCode(boolean holds, RunOutcome outcome, boolean arrived) {
    boolean completed = outcome instanceof RunOutcome.Completed;
    return holds && arrived && completed ? ExitCode.OK : ExitCode.FINDING;
  }

  private int ofModel(Path file) throws IOException {
    if (html != null || preset != null) {
      throw new UsageException(
          (html != null ? "--html" : "--preset") + ": expected a training, found the file " + file);
    }
    ModelTheory theory =
        new ModelCheck(file, command.commandLine().getParseResult(), model)
            .theory(options, examples, epsilons, console);
    if (json) {
      console.out().println(theory.json());
    } else {
      ModelTheoryText.print(theory, console);
    }
    console.out().flush();
    return ExitCode.OK;
  }

  private void requireNoPage(RunSpec spec) {
    if (html != null) {
      throw new UsageException(
          "--html: expected SGD without clipping, whose bounds can be drawn, found "
              + spec.stepLabel());
    }
  }

  private RunOutcome train(TheoryTraining training, TrainingListener probe)
      throws InterruptedException {
    TrainingListener progress =
        new TrainingProgress(console, "theory", training.spec(), training.dataset(), null);
    Run trained = new Trainer(training.dataset()).train(training.spec(), probe.andThen(progress));
    console.endStatus();
    return trained.outcome();
  }

  /** Whether all that must hold does. */
  private boolean tell(TheoryReport report) throws IOException, InterruptedException {
    if (json) {
      console.out().println(report.json());
    } else {
      TheoryText.print(report, console);
    }
    if (html != null) {
      draw(report, html);
    }
    return report.holds();
  }

  private boolean tell(UpdateReport report) {
    if (json) {
      console.out().println(report.json());
    } else {
      UpdateText.print(report, console);
    }
    return report.holds();
  }

  private void draw(TheoryReport report, Path file) throws IOException, InterruptedException {
    TheoryPage page = TheoryPage.of(report);
    if (explorer) {
      console.progress("Recording trainings of a small layer");
      page = page.withExplorer(record(FashionMnist.load()));
    }
    page.write(file);
    console.progress("Report: " + file);
  }

  private Recordings record(Dataset dataset) throws InterruptedException {
    TimeLeft timeLeft = new TimeLeft(1);
    double[] before = {0};
    Recordings recordings =
        Recordings.make(
            dataset,
            Recordings.Plan.DEFAULT,
            (done, of) -> {
              timeLeft.did((double) done / of - before[0]);
              before[0] = (double) done / of;
              console.status(timeLeft.bar("recording"));
            });
    console.endStatus();
    return recordings;
  }

  /** Settings, a preset and a run each say what is trained. */
  private void requireOneTraining() {
    if (run != null && preset != null) {
      throw new UsageException("--preset: expected a preset or a run, found both");
    }
    if (run == null && preset == null) {
      return;
    }
    for (OptionSpec option : command.commandLine().getParseResult().matchedOptions()) {
      boolean ours =
          List.of(
                  "--preset",
                  "--epsilon",
                  "--samples",
                  "--memory",
                  "--json",
                  "--html",
                  "--explorer",
                  "--seed",
                  "--data-dir")
              .contains(option.longestName());
      if (!ours || (run != null && option.longestName().equals("--seed"))) {
        throw new UsageException(
            "%s: expected no settings beside %s, which has its own"
                .formatted(option.longestName(), preset == null ? "a run" : "a preset"));
      }
    }
  }
}
