package io.rankfall.cli;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Compressor;
import io.rankfall.compress.NpyFile;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    description = {
      "Replaces weight matrices of an ONNX file by low-rank factors, where that makes them smaller.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall compress model.onnx --params 0.125 --out small.onnx",
      "  rankfall compress model.onnx --params 0.125 --calibration inputs.npy --out small.onnx",
      "  rankfall compress model.onnx --energy 0.99 --out small.onnx",
      "  rankfall compress model.onnx --rank 64 --dry-run",
      "",
      "With --calibration the factors are chosen for the outputs that the layers give on these inputs,",
      "without it for the weights alone. Exit code 1 when no ranks meet the budget."
    })
final class CompressCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "An ONNX file.")
  private Path file = Path.of("");

  @ArgGroup(multiplicity = "1", heading = "How ranks are chosen, one of:%n")
  private Policy policy = new Policy();

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

    @Option(names = "--rank", paramLabel = "R", description = "This rank in each layer.")
    private @Nullable Integer rank;

    RankPolicy chosen() {
      try {
        if (params != null) {
          return new RankPolicy.ParameterBudget(params, RankPolicy.Division.GLOBAL);
        }
        if (energy != null) {
          return new RankPolicy.Energy(energy);
        }
        return new RankPolicy.Uniform(rank == null ? 0 : rank);
      } catch (IllegalArgumentException e) {
        throw new UsageException(String.valueOf(e.getMessage()));
      }
    }
  }

  @Option(
      names = "--calibration",
      paramLabel = "FILE.npy",
      description = "Inputs of the model, examples first; 500 to 5,000 serve well.")
  private @Nullable Path calibration;

  @ArgGroup(multiplicity = "1")
  private Target target = new Target();

  private static final class Target {
    @Option(names = "--out", paramLabel = "FILE", description = "The smaller ONNX file.")
    private @Nullable Path out;

    @Option(names = "--dry-run", description = "Plan only, write nothing.")
    private boolean dryRun;
  }

  private final Console console;

  CompressCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, BudgetException {
    RankPolicy ranks = policy.chosen();
    OnnxModel model = OnnxModel.read(file);
    Compressor compressor =
        calibration == null
            ? new Compressor(model)
            : Compressor.dataAware(model, NpyFile.read(calibration).rows());
    RankPlan plan = compressor.plan(ranks);
    if (!target.dryRun && target.out != null) {
      compressor.apply(plan).write(target.out);
    }
    print(plan);
    return ExitCode.OK;
  }

  private void print(RankPlan plan) throws IOException {
    Table table = new Table("layer", "shape", "rank", "parameters", "loses");
    for (RankPlan.Layer layer : plan.layers()) {
      table.add(
          layer.name(),
          layer.rows() + "×" + layer.cols(),
          layer.choice() instanceof RankPlan.Factored factored
              ? String.valueOf(factored.rank())
              : "dense",
          "%,d".formatted(layer.parameters()),
          "%.2f %%".formatted(100 * layer.lossShare()));
    }
    table.lines().forEach(console.out()::println);
    for (RankPlan.Layer layer : plan.layers()) {
      if (layer.choice() instanceof RankPlan.Dense dense) {
        console.out().printf("%s stays dense: %s%n", layer.name(), dense.reason());
      }
    }
    console
        .out()
        .printf(
            "%nparameters %,d → %,d (%.1f %%, %.1f× fewer)%n",
            plan.denseParameters(), plan.parameters(), 100 * plan.share(), 1 / plan.share());
    if (target.out != null) {
      console
          .out()
          .printf("bytes %,d → %,d%n%s%n", Files.size(file), Files.size(target.out), target.out);
    }
    console.out().flush();
  }
}
