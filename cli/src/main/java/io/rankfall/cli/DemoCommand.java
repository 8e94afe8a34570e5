package io.rankfall.cli;

import io.rankfall.study.Comparison;
import io.rankfall.study.ComparisonSpec;
import io.rankfall.study.ComparisonSpec.Cell;
import io.rankfall.study.Results;
import io.rankfall.study.ResultsFile;
import io.rankfall.study.report.HtmlReport;
import io.rankfall.train.Dataset;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = {
      "Trains four networks on Fashion-MNIST, small and large batches with and without weight decay, watches their"
          + " ranks, exports and compresses them, measures every file, and writes a report.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall demo                     about four minutes on two cores",
      "  rankfall demo --quick             under 40 seconds, fewer epochs and budgets",
      "  rankfall demo --seed 2 --out two  another draw of weights and batches",
      "",
      "Writes report.html, results.json and models/RUN/ with run.json (spectra of every epoch),",
      "model.onnx, model.safetensors and the compressed files POLICY-SHARE.onnx."
    })
final class DemoCommand implements Callable<Integer> {
  private static final double LEARNING_RATE = 0.1;
  private static final int CALIBRATION_EXAMPLES = 3000;
  private static final int FULL_EPOCHS = 20;
  private static final int QUICK_EPOCHS = 2;

  private static final List<Cell> CELLS =
      List.of(new Cell(128, 0), new Cell(128, 1e-3), new Cell(16, 0), new Cell(16, 1e-3));

  private static final List<Double> BUDGETS = List.of(0.5, 0.25, 0.125, 0.1, 0.08, 0.0625, 0.05);
  private static final List<Double> QUICK_BUDGETS = List.of(0.25, 0.125, 0.0625);

  @Spec private CommandSpec spec;

  @Option(names = "--out", paramLabel = "DIR", description = "Folder for the report and files.")
  private Path out = Path.of("rankfall-demo");

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training data.")
  private int epochs = FULL_EPOCHS;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Fixes initial weights and the order of examples: same seed, same numbers.")
  private long seed = 1;

  @Option(names = "--width", paramLabel = "N", description = "Neurons of each hidden layer.")
  private int width = 512;

  @Option(
      names = "--quick",
      description =
          "Train " + QUICK_EPOCHS + " epochs and compress to three budgets, for a first look.")
  private boolean quick;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "Trainings at a time, one thread each; at most one a core is useful.")
  private int jobs = Math.min(CELLS.size(), Runtime.getRuntime().availableProcessors());

  private final Console console;

  @SuppressWarnings("NullAway.Init")
  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    ComparisonSpec comparison = UsageException.ifRefused(this::comparison);
    OutputFolder.require(out);
    Dataset dataset = FashionMnist.load();
    ComparisonProgress progress = new ComparisonProgress(console, comparison, dataset);
    String command =
        "rankfall " + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
    Results results = new Comparison(comparison, dataset, out, progress).run(command);
    console.endStatus();
    ResultsFile.write(out.resolve("results.json"), results);
    Path report = out.resolve("report.html");
    HtmlReport.write(results, report);
    print(results, report);
    return ExitCode.OK;
  }

  private ComparisonSpec comparison() {
    int passes = quick ? Math.min(epochs, QUICK_EPOCHS) : epochs;
    RunSpec base =
        new RunSpec(
            FashionMnist.NAME,
            new Mlp(784, List.of(width, width, width), 10, Mlp.Normalization.NONE),
            Initialization.HE,
            CELLS.get(0).batchSize(),
            new Optimizer(LEARNING_RATE, 0, 0, schedule(passes)),
            passes,
            seed,
            LearnerKind.FUSED);
    return new ComparisonSpec(
        base, CELLS, quick ? QUICK_BUDGETS : BUDGETS, CALIBRATION_EXAMPLES, jobs);
  }

  /** Drops to a fifth after 60 % and 85 % of the epochs: 12 and 17 of 20. */
  private static StepSchedule schedule(int epochs) {
    List<Integer> milestones =
        Stream.of(0.6, 0.85)
            .map(share -> (int) Math.round(share * epochs))
            .filter(epoch -> epoch >= 1 && epoch < epochs)
            .distinct()
            .toList();
    return new StepSchedule(milestones, 0.2);
  }

  private void print(Results results, Path report) {
    for (Results.Finding finding : results.findings()) {
      console.out().printf("%s %s%n", finding.holds() ? "✓" : "✗", finding.title());
      console.paragraph(finding.text());
    }
    if (quick) {
      console
          .out()
          .printf(
              "%nThis was a first look: ranks fall over many steps. The full demo trains %d epochs.%n",
              FULL_EPOCHS);
    }
    console.out().printf("%nReport: %s%n", report.toAbsolutePath().normalize());
    console.out().flush();
  }
}
