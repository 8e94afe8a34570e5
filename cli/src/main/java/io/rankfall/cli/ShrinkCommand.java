package io.rankfall.cli;

import static java.util.Objects.requireNonNull;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.RankPolicy;
import io.rankfall.study.FineTuning;
import io.rankfall.study.RunFiles;
import io.rankfall.study.Shrinking;
import io.rankfall.study.TrainedRun;
import io.rankfall.study.report.CompressionPage;
import io.rankfall.train.Dataset;
import io.rankfall.train.LocalPerceptron;
import io.rankfall.train.Network;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "shrink",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = {
      "Makes a small network in one go: trains one so that its ranks fall, compresses it to a share of",
      "its parameters with factors fitted to training examples, trains the small one on with its ranks,",
      "exports it, and measures the file beside the dense one.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall shrink --arch lenet5 --data fashion-mnist --params 0.05",
      "  rankfall shrink --arch lenet300 --params 0.02 --out small",
      "  rankfall shrink --arch lenet300 --params 0.12 --local 0 --finetune-epochs 40    low rank alone",
      "",
      "Unless --weight-decay is given it is 7.5/(T*µ) for T steps, between 2e-4 and 2e-3: so a training",
      "forgets its initial weights often enough for ranks to fall. Unless --milestones or --cosine is given",
      "its learning rate falls along a cosine over all epochs; that of fine-tuning always does.",
      "",
      "At small budgets low rank has too few features of an image left. So, where it matters, the units",
      "of a perceptron's first layer see squares of it, see --local. Such a network is trained on for twice",
      "the epochs, at the first learning rate, with a weight decay of 5e-4 at most.",
      "",
      "Writes run.json, model.onnx and model.safetensors (dense), small.onnx and report.html to --out.",
      "Exit code 1 when the training diverged, no ranks meet the budget, or more than --max-drop is lost."
    })
final class ShrinkCommand implements Callable<Integer> {
  private static final int LOCAL_SIDE = 4;

  @Option(
      names = "--params",
      paramLabel = "SHARE",
      description = "Parameters to keep, as a share of the dense network's.")
  private double share = 0.05;

  @Mixin private final DatasetOptions data = new DatasetOptions();

  @Option(
      names = "--local",
      paramLabel = "SIDE",
      description =
          "Let each unit of a perceptron's first layer see one square of SIDE x SIDE pixels; 0: the whole image. "
              + "By default 4 where such squares fill the images and leave more parameters than the budget.")
  private @Nullable Integer side;

  @Mixin private final RecipeOptions tuning = new RecipeOptions();

  @Option(
      names = "--max-drop",
      paramLabel = "POINTS",
      description = "Points of test accuracy that may be lost without exit code 1.")
  private double maxDrop = 0.5;

  @Option(names = "--out", paramLabel = "DIR", description = "Folder for all files.")
  private Path out = Path.of("rankfall-shrink");

  @Mixin private final SpecOptions options = new SpecOptions();

  @Spec private CommandSpec command;

  private final Console console;

  @SuppressWarnings("NullAway.Init")
  ShrinkCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException, BudgetException {
    RankPolicy.ParameterBudget budget =
        UsageException.ifRefused(() -> new RankPolicy.ParameterBudget(share));
    data.requireFit(options);
    tuning.requireUsable();
    Dataset dataset = data.open(console);
    RunSpec spec = UsageException.ifRefused(() -> spec(dataset));
    Trainer trainer = new Trainer(dataset);
    UsageException.ifRefused(() -> trainer.requireFit(spec));
    Optional<LocalPerceptron> local = local(spec, dataset, budget);
    FineTuning.Recipe recipe =
        local.isEmpty() ? tuning.recipe(spec) : tuning.recipe(spec, localRecipe(spec, dataset));
    OutputFolder.require(out);
    console.progress(
        "Training %s (%,d parameters) on %s: B=%d, µ=%s, wd=%s, %d epochs"
            .formatted(
                spec.architecture().shortLabel(),
                spec.architecture().parameters(),
                dataset.name(),
                spec.batchSize(),
                spec.optimizer().learningRate(),
                spec.optimizer().weightDecay(),
                spec.epochs()));
    Run dense = trainer.train(spec, new TrainingProgress(console, "dense", spec, dataset, null));
    console.endStatus();
    RunFiles.write(out, dense, dataset);
    if (dense.outcome() instanceof RunOutcome.Diverged diverged) {
      console.out().println("diverged at " + diverged.message());
      return ExitCode.FINDING;
    }
    Network network = ((RunOutcome.Trained) dense.outcome()).network();
    Shrinking.Progress progress =
        new Shrinking.Progress(
            new CompressionProgress(console, budget),
            TrainingProgress.ofTuning(console, spec, recipe, dataset));
    Shrinking.Result result =
        new Shrinking(out, new TrainedRun(spec, dataset, network))
            .shrink(budget, local, recipe, progress);
    console.endStatus();
    return tell(result);
  }

  private int tell(Shrinking.Result result) throws IOException {
    Path report = out.resolve("report.html");
    CompressionPage.write(result.report(), report);
    new CompressionText(console).print(result.report());
    double lost = result.report().onData().get(0).score().orElseThrow().drop();
    console
        .out()
        .printf(
            "%nTest accuracy: %.2f %% dense, %.2f %% compressed to %.1f %% of the parameters, %.2f %% trained on: %s%n",
            100 * result.report().onData().get(0).score().orElseThrow().dense(),
            100 * result.before().accuracy(),
            100 * result.report().plan().share(),
            100 * result.report().onData().get(0).score().orElseThrow().compressed(),
            lost > 0 ? "%.2f points lost".formatted(lost) : "nothing lost");
    console.out().println("Model: " + out.resolve(Shrinking.SMALL));
    console.progress("Report: " + report);
    return lost <= maxDrop ? ExitCode.OK : ExitCode.FINDING;
  }

  private Optional<LocalPerceptron> local(
      RunSpec spec, Dataset dataset, RankPolicy.ParameterBudget budget) {
    if (side != null && side == 0) {
      return Optional.empty();
    }
    try {
      int wanted = side == null ? LOCAL_SIDE : side;
      return Optional.of(
          Shrinking.local(spec.architecture(), dataset.train().shape(), budget, wanted));
    } catch (IllegalArgumentException e) {
      if (side == null) {
        return Optional.empty();
      }
      throw new UsageException("--local: " + e.getMessage());
    }
  }

  private FineTuning.Recipe localRecipe(RunSpec spec, Dataset dataset) {
    int epochs = tuning.epochsOr(Shrinking.localEpochs(spec));
    return Shrinking.localRecipe(spec, dataset.train().size(), epochs);
  }

  private RunSpec spec(Dataset dataset) {
    if (!isGiven("--milestones") && !isGiven("--cosine")) {
      options.fallAlongCosine();
    }
    RunSpec spec = options.spec(dataset.name(), dataset.train().shape(), dataset.train().classes());
    if (isGiven("--weight-decay")) {
      return spec;
    }
    Optimizer optimizer = spec.optimizer();
    return spec.with(
        optimizer.withWeightDecay(
            Shrinking.weightDecay(
                dataset.train().size(),
                spec.batchSize(),
                optimizer.learningRate(),
                spec.epochs())));
  }

  private boolean isGiven(String option) {
    OptionSpec known = requireNonNull(command.findOption(option), option);
    return command.commandLine().getParseResult().hasMatchedOption(known);
  }
}
