package io.rankfall.cli;

import io.rankfall.study.TrainedRun;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import io.rankfall.train.RunSpec;
import io.rankfall.train.generalization.GeneralizationBounds;
import io.rankfall.train.generalization.TrainingMargins;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "generalization",
    mixinStandardHelpOptions = true,
    description = {
      "Computes what bounds of the literature promise of a trained network's test error, beside what was",
      "measured: norm-based bounds, and those that improve with low rank. They are loose; the command says",
      "how loose. Compare them between networks.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall train --batch-size 16 --weight-decay 1e-3 --out run",
      "  rankfall generalization run",
      "  rankfall generalization run --json > bounds.json     formulas and sources too"
    })
final class GeneralizationCommand implements Callable<Integer> {

  @Parameters(paramLabel = "RUN", description = "The folder of a run of 'train'.")
  private Path run = Path.of("");

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Mixin private final DataFolderOption dataFolder = new DataFolderOption();

  private final Console console;

  GeneralizationCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    TrainedRun trained = TrainedRun.read(run, dataFolder.folder());
    RunSpec spec = trained.spec();
    if (!(spec.architecture() instanceof Mlp)) {
      throw new UsageException(
          "%s: expected the run of a perceptron of linear layers with biases and ReLU, found %s"
              .formatted(run, spec.architecture().label()));
    }
    Network network = trained.network();
    GeneralizationBounds bounds;
    // Evaluation is the same on both engines, and this one needs nothing unpacked.
    try (Learner learner = LearnerKind.FUSED.start(network, spec.optimizer(), 1)) {
      bounds = GeneralizationBounds.of(network, TrainingMargins.of(learner, trained.dataset()));
    }
    if (json) {
      console.out().println(GeneralizationText.json(bounds));
    } else {
      GeneralizationText.print(bounds, console);
    }
    console.out().flush();
    return ExitCode.OK;
  }
}
