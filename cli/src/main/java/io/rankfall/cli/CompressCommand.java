package io.rankfall.cli;

import io.rankfall.compress.AtomicFile;
import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Calibration;
import io.rankfall.compress.Compressor;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.NotDifferentiableException;
import io.rankfall.compress.Objective;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OutputCurvature;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy;
import io.rankfall.study.RunFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    description = {
      "Replaces layers of an ONNX file by low-rank factors, where that makes them smaller: matrix products by",
      "two, convolutions by a chain of two or three smaller ones, whichever loses least for its parameters.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall compress model.onnx --params 0.125 --out small.onnx",
      "  rankfall compress model.onnx --params 0.125 --calibration inputs.npy --out small.onnx",
      "  rankfall compress bert.onnx --params 0.75 --calibration tokens/ --out small.onnx",
      "  rankfall compress model.onnx --energy 0.99 --out small.onnx",
      "  rankfall compress model.onnx --rank 64 --dry-run",
      "",
      "'loses' is the share of Σσ² that a layer's factors leave out; with --calibration, of what the layer does",
      "to the model's outputs on these inputs, which tells more. Exit code 1 when no ranks meet the budget.",
      "Convolutions: 'channel' is the kernel to r channels, then 1×1; 'spatial' k×1, then 1×k; 'Tucker' 1×1,",
      "a kernel from r1 to r2 channels, 1×1. Grouped and depthwise ones are left alone."
    })
final class CompressCommand implements Callable<Integer> {

  /** A plain truncation that loses more of a matrix than this is seldom harmless. */
  private static final double RISKY_LOSS = 0.5;

  @Parameters(paramLabel = "FILE", description = "An ONNX file, or a run's folder.")
  private Path file = Path.of("");

  @ArgGroup(heading = "How ranks are chosen, one of:%n")
  private @Nullable Policy policy;

  private static final class Policy {
    @Option(
        names = "--params",
        paramLabel = "SHARE",
        description =
            "At most this share of the model's parameters, divided over the layers to lose least in sum.")
    private @Nullable Double params;

    @Option(
        names = "--energy",
        paramLabel = "SHARE",
        description =
            "In each layer the smallest rank that keeps this share, of Σσ² or of the outputs' variance.")
    private @Nullable Double energy;

    @Option(
        names = "--rank",
        paramLabel = "R",
        description =
            "This rank in each layer; in a convolution, what loses least with no more parameters than channel rank R.")
    private @Nullable Integer rank;

    RankPolicy chosen() {
      if (params != null) {
        return new RankPolicy.ParameterBudget(params, RankPolicy.Division.GLOBAL);
      }
      if (energy != null) {
        return new RankPolicy.Energy(energy);
      }
      return new RankPolicy.Uniform(Objects.requireNonNull(rank));
    }
  }

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description = {
        "Inputs of the model, prepared as it expects them, examples first: an npy file if it has one input; else an npz",
        "file whose arrays have the inputs' names, or a folder of npz files, each with sequences padded to one length.",
        "Where an input named …mask is 0, positions are padding and do not count. 1,000 examples or 10,000 tokens serve well."
      })
  private @Nullable Path calibration;

  @Option(
      names = "--fit",
      paramLabel = "ORDER",
      description = {
        "With --calibration: 'independent' fits each layer to what it sees in the dense network, 'sequential' to what",
        "the layers compressed before it leave, which is better and runs the model twice for each layer. Default:",
        "sequential in models of up to 16 layers."
      })
  private Objective.@Nullable Order order;

  @Option(names = "--out", paramLabel = "FILE", description = "The smaller ONNX file.")
  private @Nullable Path out;

  @Option(names = "--dry-run", description = "Plan only, write nothing.")
  private boolean dryRun;

  private final Console console;

  CompressCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, BudgetException {
    Path input = Files.isDirectory(file) ? file.resolve(RunFiles.ONNX) : file;
    RankPolicy ranks = requireUsable(input);
    OnnxModel model = OnnxModel.read(input);
    if (model.layers().isEmpty()) {
      throw new IOException(
          "%s: expected MatMul, Gemm or Conv nodes with constant weights, found none%s"
              .formatted(
                  input,
                  model.skipped().stream()
                      .limit(1)
                      .map(w -> " that can be factored: %s: %s".formatted(w.name(), w.reason()))
                      .collect(Collectors.joining())));
    }
    requireOther(model);
    long bytes = Files.size(input) + bytes(model.dataFiles());
    Compressor compressor =
        calibration == null ? new Compressor(model) : dataAware(model, calibration);
    RankPlan plan = compressor.plan(ranks);
    List<Path> written = out == null || dryRun ? List.of() : compressor.apply(plan).write(out);
    print(plan);
    printSkipped(model);
    if (written.isEmpty()) {
      console.out().println("Dry run: nothing written.");
    } else {
      console.out().printf("bytes %,d → %,d%n%nModel: %s%n", bytes, bytes(written), out);
    }
    console.out().flush();
    return ExitCode.OK;
  }

  private void requireOther(OnnxModel model) throws IOException {
    if (out == null) {
      return;
    }
    for (Path target : List.of(out, out.resolveSibling(out.getFileName() + ".data"))) {
      for (Path data : model.dataFiles()) {
        if (Files.exists(target) && Files.isSameFile(data, target)) {
          throw new UsageException(
              "--out: expected other files than the model's, found its data " + target);
        }
      }
    }
  }

  private static long bytes(Collection<Path> files) throws IOException {
    long sum = 0;
    for (Path each : files) {
      sum += Files.size(each);
    }
    return sum;
  }

  private RankPolicy requireUsable(Path input) throws IOException {
    if (policy == null) {
      throw new UsageException("expected one of --params, --energy and --rank, found none");
    }
    if (out == null && !dryRun) {
      throw new UsageException("expected --out FILE or --dry-run, found neither");
    }
    if (out != null && Files.exists(out) && Files.isSameFile(input, out)) {
      throw new UsageException("--out: expected another file than the model, found " + out);
    }
    if (out != null) {
      AtomicFile.requireTarget(out);
    }
    return UsageException.ifRefused(policy::chosen);
  }

  private Compressor dataAware(OnnxModel model, Path inputs) throws IOException {
    ModelInputs examples = ModelInputs.read(inputs);
    try {
      Calibration seen = Calibration.gather(model, examples);
      warnOfFew(model, seen);
      console.progress(
          "rankfall: seen %,d examples; measuring what each layer's errors do to the outputs"
              .formatted(examples.count()));
      Objective.Order chosen = order == null ? Objective.Order.of(model) : order;
      return Compressor.dataAware(model, withCurvature(model, seen), chosen);
    } catch (IllegalArgumentException e) {
      throw new IOException("%s: %s".formatted(inputs, e.getMessage()), e);
    }
  }

  private void printSkipped(OnnxModel model) {
    if (model.skipped().isEmpty()) {
      return;
    }
    Table table = new Table("left alone", "shape", "");
    model.skipped().forEach(weight -> table.add(weight.name(), weight.shape(), weight.reason()));
    console.out().println();
    table.lines().forEach(console.out()::println);
  }

  private static String reason(RankPlan.Choice choice) {
    return choice instanceof RankPlan.Factored factored
        ? factored.reason()
        : ((RankPlan.Dense) choice).reason();
  }

  private Calibration withCurvature(OnnxModel model, Calibration seen) throws IOException {
    try {
      return seen.with(OutputCurvature.measure(model, seen.examples()));
    } catch (NotDifferentiableException e) {
      console.progress(
          "rankfall: note: %s: every layer is fitted to its own outputs instead of the model's"
              .formatted(e.getMessage()));
      return seen;
    }
  }

  private void warnOfFew(OnnxModel model, Calibration seen) {
    model.linearLayers().stream()
        .filter(layer -> seen.of(layer.uses().get(0)).count() < layer.cols())
        .findFirst()
        .ifPresent(
            layer ->
                console.progress(
                    "rankfall: warning: %s: %d rows cannot span a layer's %d inputs; losses are understated"
                        .formatted(
                            calibration, seen.of(layer.uses().get(0)).count(), layer.cols())));
  }

  private void print(RankPlan plan) {
    Table table = new Table("layer", "shape", "rank", "parameters", "loses", "");
    for (RankPlan.Layer layer : plan.layers()) {
      boolean dense = layer.choice() instanceof RankPlan.Dense;
      table.add(
          layer.name(),
          layer.rows() + "×" + layer.cols(),
          layer.choice() instanceof RankPlan.Factored factored ? factored.how().ranks() : "dense",
          "%,d".formatted(layer.parameters()),
          dense ? "–" : "%.2f %%".formatted(100 * layer.lossShare()),
          reason(layer.choice()));
    }
    table.lines().forEach(console.out()::println);
    console
        .out()
        .printf(
            "%nparameters %,d → %,d (%.1f %%, %.1f× fewer)%n",
            plan.denseParameters(), plan.parameters(), 100 * plan.share(), 1 / plan.share());
    plan.layers().stream()
        .filter(layer -> layer.lossShare() > RISKY_LOSS && calibration == null)
        .forEach(
            layer ->
                console.progress(
                    "rankfall: warning: %s loses %.0f %% of its Σσ²: expect a loss of accuracy; --calibration weighs what the outputs lose"
                        .formatted(layer.name(), 100 * layer.lossShare())));
  }
}
