package io.rankfall.cli;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.rankfall.compress.InspectedMatrix;
import io.rankfall.compress.Inspection;
import io.rankfall.compress.SkippedWeight;
import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.ResultsFile;
import io.rankfall.study.RunFiles;
import io.rankfall.study.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = {
      "Tells the rank of every weight matrix of a run, an ONNX file or a safetensors file.",
      ""
    },
    footerHeading = "%nColumns:%n",
    footer = {
      "  share       of the file's parameters",
      "  1e-3, 1e-2  how many σ/‖W‖F exceed this (Galanti et al., arXiv 2206.05794)",
      "  σ₁·1e-2     how many σ exceed a hundredth of the largest",
      "  numerical   how many σ exceed max(m,n)·2^-23·σ₁",
      "  99 %%        the smallest rank that keeps 99 %% of Σσ²",
      "  stable      ‖W‖F²/σ₁²          effective   exp(entropy of σ/Σσ)",
      "  break-even  the largest rank at which two factors are smaller than the matrix",
      "",
      "JSON and CSV hold the same as rankFrobenius1e-3, rankFrobenius1e-2, rankSpectral1e-2, rankNumerical,",
      "rankEnergy99, stableRank, effectiveRank and breakEvenRank, and participationRatio (Σσ²)²/Σσ⁴ and the norms",
      "√Σσ², σ₁ and Σσ (frobeniusNorm, spectralNorm, nuclearNorm); JSON all singular values as well.",
      "",
      "Examples:",
      "  rankfall inspect rankfall-demo/models/b16-wd1e-3",
      "  rankfall inspect model.onnx --json",
      "  rankfall inspect model.safetensors --csv > ranks.csv"
    })
final class InspectCommand implements Callable<Integer> {
  private static final RankRule SPECTRAL_2 = new RankRule.SpectralRelative(1e-2);
  private static final RankRule NUMERICAL = new RankRule.Numerical();

  @Parameters(paramLabel = "PATH", description = "A run's folder, a .onnx or a .safetensors file.")
  private Path path = Path.of("");

  @ArgGroup private Format format = new Format();

  private static final class Format {
    @Option(names = "--json", description = "Print JSON, with all singular values.")
    private boolean json;

    @Option(names = "--csv", description = "Print CSV.")
    private boolean csv;
  }

  /** What is printed: matrices, and weights that were not looked at. */
  record Found(
      List<InspectedMatrix> matrices, List<SkippedWeight> skipped, Optional<String> diverged) {}

  private final Console console;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Found found = named(path);
    found.diverged.ifPresent(
        where ->
            console.progress(
                "rankfall: warning: this training diverged at %s; ranks of the epoch before"
                    .formatted(where)));
    if (format.json) {
      console.out().println(json(found));
    } else if (format.csv) {
      console.out().print(csv(found.matrices));
    } else {
      table(found).lines().forEach(console.out()::println);
      for (SkippedWeight skipped : found.skipped) {
        console
            .out()
            .printf("skipped %s %s: %s%n", skipped.name(), skipped.shape(), skipped.reason());
      }
    }
    console.out().flush();
    return ExitCode.OK;
  }

  private static Found named(Path path) throws IOException {
    try {
      return find(path);
    } catch (IllegalArgumentException e) {
      throw new IOException("%s: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** The matrices of a run's folder or a model file. */
  static Found find(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      Inspection inspection = Inspection.of(path);
      return new Found(inspection.matrices(), inspection.skipped(), Optional.empty());
    }
    if (Files.isDirectory(path.resolve("models"))) {
      throw new IOException(
          "%s: expected a run's folder, such as those in %s, found several runs"
              .formatted(path, path.resolve("models")));
    }
    RunRecord run = ResultsFile.readRun(path.resolve(RunFiles.RUN));
    double parameters = run.spec().architecture().parameters();
    List<InspectedMatrix> matrices =
        run.lastSpectra().stream()
            .map(
                layer -> {
                  Spectrum s = layer.spectrum();
                  double share = (double) s.rows() * s.cols() / parameters;
                  return new InspectedMatrix(layer.name(), s.rows(), s.cols(), share, s);
                })
            .toList();
    return new Found(matrices, List.of(), Optional.ofNullable(run.result().outcome().message()));
  }

  static Table table(Found found) {
    Table table =
        new Table(
            "matrix",
            "shape",
            "share",
            "1e-3",
            "1e-2",
            "σ₁·1e-2",
            "numerical",
            "99 %",
            "stable",
            "effective",
            "break-even");
    for (InspectedMatrix m : found.matrices) {
      Spectrum s = m.spectrum();
      table.add(
          m.name(),
          m.rows() + "×" + m.cols(),
          "%.1f %%".formatted(100 * m.share()),
          String.valueOf(s.rank(RankRule.FROBENIUS_THOUSANDTH)),
          String.valueOf(s.rank(RankRule.FROBENIUS_HUNDREDTH)),
          String.valueOf(s.rank(SPECTRAL_2)),
          String.valueOf(s.rank(NUMERICAL)),
          String.valueOf(s.energyRank(0.99)),
          "%.1f".formatted(s.stableRank()),
          "%.1f".formatted(s.effectiveRank()),
          String.valueOf(LowRank.breakEvenRank(m.rows(), m.cols())));
    }
    return table;
  }

  /** Tidy columns, in the order of the JSON fields. */
  private static Map<String, Object> fields(InspectedMatrix m) {
    Spectrum s = m.spectrum();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", m.name());
    fields.put("rows", m.rows());
    fields.put("cols", m.cols());
    fields.put("share", m.share());
    fields.put("rankFrobenius1e-3", s.rank(RankRule.FROBENIUS_THOUSANDTH));
    fields.put("rankFrobenius1e-2", s.rank(RankRule.FROBENIUS_HUNDREDTH));
    fields.put("rankSpectral1e-2", s.rank(SPECTRAL_2));
    fields.put("rankNumerical", s.rank(NUMERICAL));
    fields.put("rankEnergy99", s.energyRank(0.99));
    fields.put("stableRank", s.stableRank());
    fields.put("effectiveRank", s.effectiveRank());
    fields.put("participationRatio", s.participationRatio());
    fields.put("frobeniusNorm", s.frobeniusNorm());
    fields.put("spectralNorm", s.spectralNorm());
    fields.put("nuclearNorm", s.nuclearNorm());
    fields.put("breakEvenRank", LowRank.breakEvenRank(m.rows(), m.cols()));
    return fields;
  }

  private static String json(Found found) throws IOException {
    List<Map<String, Object>> matrices = new ArrayList<>();
    for (InspectedMatrix m : found.matrices) {
      Map<String, Object> fields = fields(m);
      fields.put("singularValues", m.spectrum().toArray());
      matrices.add(fields);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("matrices", matrices);
    document.put("skipped", found.skipped);
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsString(document);
  }

  private static String csv(List<InspectedMatrix> matrices) throws IOException {
    if (matrices.isEmpty()) {
      return "";
    }
    CsvMapper csv = new CsvMapper();
    CsvSchema.Builder columns = CsvSchema.builder().setUseHeader(true);
    List<Map<String, Object>> rows = matrices.stream().map(InspectCommand::fields).toList();
    rows.stream().limit(1).forEach(row -> row.keySet().forEach(columns::addColumn));
    return csv.writer(columns.build()).writeValueAsString(rows);
  }
}
