package io.rankfall.cli;

import io.rankfall.compress.AtomicFile;
import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Compression;
import io.rankfall.compress.CompressionReport;
import io.rankfall.compress.Goal;
import io.rankfall.compress.ModelWeights;
import io.rankfall.compress.Objective;
import io.rankfall.study.RunFiles;
import io.rankfall.study.Stages;
import io.rankfall.study.report.CompressionDocument;
import io.rankfall.study.report.CompressionPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    description = {
      "Replaces layers of an ONNX file by low-rank factors, where that makes them smaller: matrix",
      "products by two, convolutions by a chain of two or three smaller ones, whichever loses least for",
      "its parameters. The written file is read again and measured beside the dense one. Weights may be",
      "in files beside the model and in fp32, fp16, bf16 or fp64: factors have the type of their matrix.",
      "",
      "Of safetensors, a file or several with an index, matrices of linear layers are replaced: W (m×n)",
      "by lora_B.weight (m×r) and lora_A.weight (r×n), whose product it is. Everything else is copied.",
      "There is no graph to run, so only --params, --size, --energy, --epsilon and --rank apply.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall compress model.onnx --params 0.125 --out small.onnx",
      "  rankfall compress model.onnx --params 0.125 --calibration inputs.npy --out small.onnx",
      "  rankfall compress bert.onnx --latency 0.7 --calibration tokens/ --out small.onnx",
      "  rankfall compress model.onnx --max-drop 0.5 --data validation.npz --test-data test.npz \\",
      "      --calibration inputs.npy --out small.onnx --html report.html",
      "  rankfall compress resnet.onnx --max-drop 0.5 --data validation/ --calibration photos/ \\",
      "      --out small.onnx",
      "  rankfall compress run --params 0.05 --finetune-epochs 10 --stages 2 --out small.onnx",
      "  rankfall compress model.onnx --rank 64 --dry-run",
      "  rankfall compress model.safetensors --params 0.5 --out small.safetensors",
      "",
      "'loses' is the share of Σσ² that a layer's factors leave out; with --calibration, of what the",
      "layer does to the model's outputs on these inputs, which tells more. Convolutions: 'channel' is",
      "the kernel to r channels, then 1×1; 'spatial' k×1, then 1×k; 'Tucker' 1×1, a kernel from r1 to r2",
      "channels, 1×1.",
      "",
      "Latencies are medians of alternating runs of both files by ONNX Runtime on one thread of this",
      "machine. MACs are multiply-accumulates of matrix products, convolutions and recurrent layers.",
      "",
      "Exit code 1 when nothing meets the goal: the best achieved is stated, and written with --keep-best",
      "only."
    })
final class CompressCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "FILE",
      description =
          "An ONNX or safetensors file, an index of several, a folder with one, or a run's folder.")
  private Path file = Path.of("");

  @ArgGroup(heading = "What to reach, one of:%n")
  private @Nullable GoalOptions goal;

  @ArgGroup(exclusive = false, heading = "Examples of the model's inputs:%n")
  private DataOptions data = new DataOptions();

  @Option(
      names = "--fit",
      paramLabel = "ORDER",
      description =
          "With --calibration: 'independent' fits each layer to what it sees in the dense network, 'sequential' to what "
              + "the layers compressed before it leave, which is better and runs the model twice for each layer. Default: "
              + "sequential in models of up to 16 layers.")
  private Objective.@Nullable Order order;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "The batch that --latency is for, timed beside batch 1. Default: ${DEFAULT-VALUE}.")
  private int batch = Compression.BATCH;

  @Mixin private final TuningOptions tuning = new TuningOptions();

  @Option(names = "--out", paramLabel = "FILE", description = "The smaller file, of the same kind.")
  private @Nullable Path out;

  @Option(names = "--dry-run", description = "Plan only, write nothing.")
  private boolean dryRun;

  @Option(
      names = "--keep-best",
      description = "Where nothing meets the goal, write the model that comes nearest.")
  private boolean keepBest;

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Also write the report as one HTML file.")
  private @Nullable Path html;

  private final Console console;

  CompressCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException, BudgetException {
    Path input =
        Files.isDirectory(file) && !ModelWeights.isSharded(file)
            ? file.resolve(RunFiles.ONNX)
            : file;
    Goal wanted = requireUsable(input);
    CompressionReport report = report(input, wanted);
    console.endStatus();
    if (html != null) {
      CompressionPage.write(report, html);
      console.progress("Report: " + html);
    }
    if (json) {
      console.out().println(CompressionDocument.of(report).json());
    } else {
      new CompressionText(console).print(report);
      console.out().println(out == null || dryRun ? "Dry run: nothing written." : "Model: " + out);
    }
    console.out().flush();
    return report.met() ? ExitCode.OK : ExitCode.FINDING;
  }

  private CompressionReport report(Path input, Goal wanted)
      throws IOException, InterruptedException, BudgetException {
    if (out == null || dryRun) {
      return compression(input, wanted).plan();
    }
    if (!tuning.isWanted()) {
      return write(compression(input, wanted), out);
    }
    try (Stages stages = tuning.stages(file, this::compression, console)) {
      return write(stages.last(wanted), out);
    }
  }

  private CompressionReport write(Compression compression, Path to)
      throws IOException, BudgetException {
    return keepBest ? compression.writeBest(to) : compression.write(to);
  }

  private Compression compression(Path from, Goal wanted) throws IOException {
    Compression compression =
        UsageException.ifRefused(() -> Compression.of(from, wanted).batch(batch))
            .listener(new CompressionProgress(console, wanted));
    if (order != null) {
      compression.order(order);
    }
    data.addTo(compression, from);
    return compression;
  }

  private Goal requireUsable(Path input) throws IOException {
    if (goal == null) {
      throw new UsageException("expected one of " + GoalOptions.NAMES + ", found none");
    }
    tuning.requireUsable(file);
    if (out == null && !dryRun) {
      throw new UsageException("expected --out FILE or --dry-run, found neither");
    }
    if (out != null && Files.exists(out) && Files.isSameFile(input, out)) {
      throw new UsageException("--out: expected another file than the model, found " + out);
    }
    if (out != null) {
      AtomicFile.requireTarget(out);
    }
    if (html != null) {
      AtomicFile.requireTarget(html);
    }
    Goal wanted = UsageException.ifRefused(goal::chosen);
    data.requireFor(wanted);
    tuning.requireFor(wanted);
    return wanted;
  }
}
