package io.rankfall.cli;

import io.rankfall.study.RunFiles;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepResult;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.tracking.RunEnd;
import io.rankfall.train.tracking.RunTracker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
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
      "  rankfall train --tensorboard logs/b16        and, meanwhile, tensorboard --logdir logs",
      "  rankfall train --mlflow http://localhost:5000 --mlflow-experiment ranks",
      "",
      "Writes run.json (settings, spectra of every epoch), model.onnx and model.safetensors to --out.",
      "Exit code 1 when the training diverged; run.json then says where."
    })
final class TrainCommand implements Callable<Integer> {

  @Option(names = "--out", paramLabel = "DIR", description = "Folder for the run's files.")
  private Path out = Path.of("rankfall-run");

  @Mixin private final DatasetOptions data = new DatasetOptions();

  @Mixin private final SpecOptions options = new SpecOptions();

  @Mixin private final TrackingOptions tracking = new TrackingOptions();

  private final Console console;

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    data.requireFit(options);
    Dataset dataset = data.open(console);
    RunSpec spec =
        UsageException.ifRefused(
            () -> options.spec(dataset.name(), dataset.train().shape(), dataset.train().classes()));
    Trainer trainer = new Trainer(dataset);
    UsageException.ifRefused(() -> trainer.requireFit(spec));
    OutputFolder.require(out);
    Run run;
    try (RunTracker tracker = tracking.start(String.valueOf(out.getFileName()), spec, console)) {
      run = trainer.train(spec, progress(spec, dataset).andThen(tracker));
      tracker.end(RunEnd.of(run.outcome()));
    }
    console.endStatus();
    RunFiles.write(out, run, dataset);
    if (run.outcome() instanceof RunOutcome.Diverged diverged) {
      console.out().println("diverged at " + diverged.message());
      return ExitCode.FINDING;
    }
    EpochRecord last = run.epochs().get(run.epochs().size() - 1);
    console.out().printf("test accuracy %.4f%n", last.test().accuracy());
    InspectionText.matrices(InspectCommand.ofRun(out, console))
        .lines()
        .forEach(console.out()::println);
    console.out().printf("%nRun: %s%n", out.toAbsolutePath().normalize());
    return ExitCode.OK;
  }

  private TrainingListener progress(RunSpec spec, Dataset dataset) {
    int steps = (dataset.train().size() + spec.batchSize() - 1) / spec.batchSize();
    TimeLeft timeLeft = new TimeLeft((double) steps * spec.epochs());
    String name = String.valueOf(out.getFileName());
    EpochLines lines = new EpochLines(console, spec.epochs(), Math.max(3, name.length()));
    return new TrainingListener() {
      @Override
      public void onEpoch(EpochRecord record) {
        lines.print(name, record, timeLeft.text());
      }

      @Override
      public void onStep(int epoch, int step, StepResult result) {
        timeLeft.did(1);
        console.status(timeLeft.bar("training"));
      }
    };
  }
}
