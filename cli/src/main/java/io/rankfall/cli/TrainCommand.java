package io.rankfall.cli;

import io.rankfall.study.RunFiles;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.FashionMnist;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.Sgd;
import io.rankfall.train.StepResult;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.tracking.RunEnd;
import io.rankfall.train.tracking.RunTracker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = {
      "Trains one MLP on Fashion-MNIST with SGD while the rank of every weight matrix is watched, and",
      "exports it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall train --batch-size 16 --weight-decay 1e-3 --out run",
      "  rankfall train --hidden 100,100,100 --batch-norm --batch-size 4 --lr 0.01 --momentum 0.9",
      "  rankfall train --learner djl --epochs 3      PyTorch through DJL",
      "  rankfall train --tensorboard logs/b16        and, meanwhile, tensorboard --logdir logs",
      "  rankfall train --mlflow http://localhost:5000 --mlflow-experiment ranks",
      "",
      "Writes run.json (settings, spectra of every epoch), model.onnx and model.safetensors to --out.",
      "Exit code 1 when the training diverged; run.json then says where."
    })
final class TrainCommand implements Callable<Integer> {

  @Option(names = "--out", paramLabel = "DIR", description = "Folder for the run's files.")
  private Path out = Path.of("rankfall-run");

  @Option(
      names = "--hidden",
      split = ",",
      paramLabel = "N",
      defaultValue = "512,512,512",
      description = "Widths of the hidden layers.")
  private List<Integer> hidden = List.of();

  @Option(names = "--batch-norm", description = "Batch normalisation before each ReLU.")
  private boolean batchNorm;

  @Option(
      names = "--init",
      paramLabel = "DRAW",
      description = "Initial weights: ${COMPLETION-CANDIDATES}.")
  private Initialization initialization = Initialization.HE;

  @Option(names = "--batch-size", paramLabel = "B", description = "Examples a step.")
  private int batchSize = 16;

  @Option(names = "--lr", paramLabel = "MU", description = "Learning rate µ.")
  private double learningRate = 0.1;

  @Option(
      names = "--weight-decay",
      paramLabel = "WD",
      description = "wd in W <- (1 - µ*wd)*W - µ*G; the paper's λ is wd/2.")
  private double weightDecay = 1e-3;

  @Option(names = "--momentum", paramLabel = "M", description = "Heavy-ball momentum.")
  private double momentum;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training data.")
  private int epochs = 20;

  @Option(
      names = "--milestones",
      split = ",",
      paramLabel = "EPOCH",
      description = "Epochs after which µ is multiplied by --decay-factor; none by default.")
  private List<Integer> milestones = List.of();

  @Option(names = "--decay-factor", paramLabel = "F", description = "Factor at each milestone.")
  private double decayFactor = 0.2;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes weights and order of examples.")
  private long seed = 1;

  @Option(
      names = "--learner",
      paramLabel = "ENGINE",
      description = {
        "Engine: ${COMPLETION-CANDIDATES}. FUSED is the faster one; DJL unpacks PyTorch (430 MB) to ~/.djl.ai on first use."
      })
  private LearnerKind learner = LearnerKind.FUSED;

  @Mixin private final TrackingOptions tracking = new TrackingOptions();

  private final Console console;

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    RunSpec spec = UsageException.ifRefused(this::spec);
    Dataset dataset = FashionMnist.load();
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

  private RunSpec spec() {
    if (milestones.stream().anyMatch(milestone -> milestone >= epochs)) {
      throw new UsageException(
          "--milestones: expected epochs before the last, %d, found %s"
              .formatted(epochs, milestones));
    }
    Mlp.Normalization normalization = batchNorm ? Mlp.Normalization.BATCH : Mlp.Normalization.NONE;
    return new RunSpec(
        FashionMnist.NAME,
        new Mlp(784, hidden, 10, normalization),
        initialization,
        batchSize,
        new Sgd(learningRate, weightDecay, momentum, new StepSchedule(milestones, decayFactor)),
        epochs,
        seed,
        learner);
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
