package io.rankfall.cli;

import io.rankfall.compress.AtomicFile;
import io.rankfall.compress.InspectedMatrix;
import io.rankfall.compress.Inspection;
import io.rankfall.compress.MatrixKind;
import io.rankfall.compress.ModelWeights;
import io.rankfall.compress.SkippedWeight;
import io.rankfall.compress.StoredMatrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.ResultsFile;
import io.rankfall.study.RunFiles;
import io.rankfall.study.RunRecord;
import io.rankfall.study.report.InspectionReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = {
      "Tells where the rank of a model's weight matrices is low, and what factors would save.",
      "",
      "Reads ONNX (weights inside or beside the file), safetensors (one file or several with an index)",
      "and the runs of 'train'. Weights are read one matrix at a time: files may exceed memory.",
      ""
    },
    footerHeading = "%nColumns, in the order of what can be saved:%n",
    footer = {
      "  share       of the model's parameters",
      "  1e-3, 1e-2  how many σ/‖W‖F exceed this (Galanti et al., arXiv 2206.05794)",
      "  σ₁·1e-2     how many σ exceed a hundredth of the largest",
      "  numerical   how many σ exceed max(m,n)·2^-23·σ₁",
      "  99 %%        the smallest rank that keeps 99 %% of Σσ²",
      "  random      the same of a random matrix of this shape (Marchenko-Pastur law)",
      "  stable      ‖W‖F²/σ₁²          effective   exp(entropy of σ/Σσ)",
      "  α           exponent of the power law fitted to the largest σ², as WeightWatcher does",
      "              (Martin and Mahoney, JMLR 22, 2021): 2 to 4 is typical of well-trained layers;",
      "              in brackets where the fit is poor, D > 0.2",
      "  break-even  the largest rank at which two factors are smaller than the matrix",
      "  saves       of the model's parameters, factored at 99 %% of Σσ²; – where nothing is saved",
      "",
      "Matrices are outputs × inputs. A convolution is C_out × (C_in/groups·k...), one matrix a group; a",
      "depthwise one C_out × (k·k), all groups together; the gates of an LSTM or GRU are stacked; a table",
      "of embeddings is as stored. Of attention, Wkᵀ·Wq and Wo·Wv are shown, ranks over all heads.",
      "",
      "JSON and CSV, in the order of the file, hold the same as rankFrobenius1e-3, rankFrobenius1e-2,",
      "rankSpectral1e-2, rankNumerical, rankEnergy99, randomRankEnergy99, stableRank, effectiveRank,",
      "alpha, breakEvenRank and savedParameters; also rankEnergy90 and 95, rankEpsilonSpectral0.1 and",
      "rankEpsilonFrobenius0.1 (smallest r with ‖W-W_r‖ <= 0.1·‖W‖), participationRatio (Σσ²)²/Σσ⁴, the",
      "norms √Σσ², σ₁ and Σσ, conditionNumber σ₁/σ_min, D and extent of the power law, the",
      "Marchenko-Pastur edge and how many σ exceed it; JSON also products and all singular values.",
      "",
      "Exit code 1 when weights hold NaN or infinite numbers.",
      "",
      "Examples:",
      "  rankfall inspect model.onnx",
      "  rankfall inspect model.onnx --layers '*attention*' --html spectra.html",
      "  rankfall inspect model.safetensors --csv > ranks.csv",
      "  rankfall inspect model.safetensors.index.json --json > ranks.json",
      "  rankfall inspect rankfall-demo/models/b16-wd1e-3"
    })
final class InspectCommand implements Callable<Integer> {
  private static final int NAMES_IN_MESSAGE = 5;

  @Parameters(
      paramLabel = "PATH",
      description = {
        "A .onnx or .safetensors file, the index of several",
        "(model.safetensors.index.json) or its folder, or a run's folder."
      })
  private Path path = Path.of("");

  @Option(
      names = "--layers",
      paramLabel = "GLOB",
      description = {
        "Only weights whose layer or tensor has such a name: * is any text,",
        "? one character. May be repeated. Default: all."
      })
  private List<Glob> layers = List.of();

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Also write the spectra of every layer as one HTML file.")
  private @Nullable Path html;

  @ArgGroup private Format format = new Format();

  private static final class Format {
    @Option(
        names = "--json",
        description = "Print JSON instead of a table, with all singular values.")
    private boolean json;

    @Option(names = "--csv", description = "Print CSV instead of a table.")
    private boolean csv;
  }

  private final Console console;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (html != null) {
      AtomicFile.requireTarget(html);
    }
    Inspection inspection = named();
    console.endStatus();
    if (html != null) {
      InspectionReport.write(path.toString(), inspection, html);
      console.progress("Report: " + html);
    }
    if (format.json) {
      console.out().println(InspectionFields.json(inspection));
    } else if (format.csv) {
      console.out().print(InspectionFields.csv(inspection.matrices()));
    } else {
      InspectionText.print(inspection, console);
    }
    console.out().flush();
    return exitCode(inspection.nonFinite());
  }

  private int exitCode(List<SkippedWeight> nonFinite) {
    if (nonFinite.isEmpty()) {
      return ExitCode.OK;
    }
    console.progress(
        "rankfall: %s: expected finite numbers, found NaN or Inf in %s"
            .formatted(
                path,
                nonFinite.stream()
                    .map(weight -> weight.name() + " " + weight.shape())
                    .collect(Collectors.joining(", "))));
    return ExitCode.FINDING;
  }

  private Inspection named() throws IOException, InterruptedException {
    try {
      return Files.isDirectory(path) && !ModelWeights.isSharded(path) ? ofRun() : ofModel();
    } catch (IllegalArgumentException e) {
      throw new IOException("%s: %s".formatted(path, e.getMessage()), e);
    }
  }

  private Inspection ofModel() throws IOException, InterruptedException {
    ModelWeights all = ModelWeights.open(path);
    ModelWeights weights = all.matching(this::isWanted);
    requireMatch(
        weights.matrices().isEmpty() && weights.skipped().isEmpty(),
        all.matrices().stream().map(StoredMatrix::name).toList());
    return Inspection.of(
        weights,
        Runtime.getRuntime().availableProcessors(),
        new InspectionProgress(console, weights.work()));
  }

  private boolean isWanted(String name) {
    return layers.isEmpty() || layers.stream().anyMatch(glob -> glob.test(name));
  }

  private void requireMatch(boolean none, List<String> names) {
    if (none && !layers.isEmpty()) {
      throw new UsageException(
          "--layers %s: expected the name of a layer, found %d others: %s%s"
              .formatted(
                  layers.stream().map(Glob::text).collect(Collectors.joining(" ")),
                  names.size(),
                  names.stream().limit(NAMES_IN_MESSAGE).collect(Collectors.joining(", ")),
                  names.size() > NAMES_IN_MESSAGE ? "…" : ""));
    }
  }

  private Inspection ofRun() throws IOException {
    Inspection all = ofRun(path, console);
    List<InspectedMatrix> matrices =
        all.matrices().stream().filter(matrix -> isWanted(matrix.name())).toList();
    requireMatch(matrices.isEmpty(), all.matrices().stream().map(InspectedMatrix::name).toList());
    return new Inspection(all.parameters(), matrices, List.of(), List.of(), List.of());
  }

  /** The matrices of a run's folder, by the spectra in its record. */
  static Inspection ofRun(Path folder, Console console) throws IOException {
    if (Files.isDirectory(folder.resolve("models"))) {
      throw new IOException(
          "%s: expected a run's folder, such as those in %s, found several runs"
              .formatted(folder, folder.resolve("models")));
    }
    RunRecord run = ResultsFile.readRun(folder.resolve(RunFiles.RUN));
    String diverged = run.result().outcome().diverged();
    if (diverged != null) {
      console.progress(
          "rankfall: warning: this training diverged at %s; ranks of the epoch before"
              .formatted(diverged));
    }
    long parameters = run.spec().architecture().parameters();
    return new Inspection(
        parameters,
        run.lastSpectra().stream()
            .map(layer -> inspected(layer.name(), layer.spectrum(), parameters))
            .toList(),
        List.of(),
        List.of(),
        List.of());
  }

  private static InspectedMatrix inspected(String name, Spectrum spectrum, long parameters) {
    double share = (double) spectrum.rows() * spectrum.cols() / parameters;
    return InspectedMatrix.of(name, MatrixKind.LINEAR, name, share, spectrum);
  }
}
