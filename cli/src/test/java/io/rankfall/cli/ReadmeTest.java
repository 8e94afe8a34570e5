package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Compression;
import io.rankfall.compress.CompressionReport;
import io.rankfall.compress.InspectedMatrix;
import io.rankfall.compress.Inspection;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.RankPolicy;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.sweep.SweepSpec;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows works as shown. */
class ReadmeTest {
  private static final Path README = Path.of("..", "README.md");

  @Test
  void theLibraryExampleRunsAsPrinted(@TempDir Path folder)
      throws IOException, InterruptedException, BudgetException {
    Console silent =
        new Console(
            new PrintWriter(PrintWriter.nullWriter()),
            new PrintWriter(PrintWriter.nullWriter()),
            false);
    Main.run(
        silent,
        "train",
        "--hidden",
        "32",
        "--batch-size",
        "256",
        "--epochs",
        "1",
        "--out",
        folder.toString());
    Path small = folder.resolve("small.onnx");

    Path inputs = folder.resolve("inputs.npy");
    Files.write(inputs, Npy.random(100, 784));
    CompressionReport report =
        Compression.of(folder.resolve("model.onnx"), new RankPolicy.ParameterBudget(0.125))
            .calibration(ModelInputs.read(inputs))
            .write(small);
    double faster = report.latencies().get(0).speedup();
    RunSpec spec =
        new RunSpec(
            FashionMnist.NAME,
            new Mlp(784, List.of(512, 512), 10, Mlp.Normalization.NONE),
            Initialization.HE,
            16,
            new Optimizer(0.1, 1e-3, 0, StepSchedule.CONSTANT),
            20,
            1,
            LearnerKind.FUSED);
    Inspection inspection = Inspection.of(folder.resolve("model.onnx"));
    long saved = inspection.matrices().stream().mapToLong(InspectedMatrix::saved).sum();
    Spectrum spectrum = Spectrum.of(Matrix.of(2, 3, 1, 2, 3, 4, 5, 6));
    int rank = spectrum.rank(new RankRule.FrobeniusRelative(1e-3));

    assertThat(Files.size(small)).isLessThan(Files.size(folder.resolve("model.onnx")) / 6);
    assertThat(faster).isPositive();
    assertThat(saved).isNotNegative();
    assertThat(rank).isEqualTo(2);
    assertThat(spec.optimizer().lambda()).isEqualTo(5e-4);
    assertThat(Files.readString(README).replaceAll("\\s+", ""))
        .contains(
            "Compression.of(Path.of(\"model.onnx\"),newRankPolicy.ParameterBudget(0.125))"
                + ".calibration(ModelInputs.read(Path.of(\"inputs.npy\")))")
        .contains(
            ".write(Path.of(\"small.onnx\"));doublefaster=report.latencies().get(0).speedup();")
        .contains("newMlp(784,List.of(512,512),10,Mlp.Normalization.NONE)")
        .contains("newOptimizer(0.1,1e-3,0,StepSchedule.CONSTANT),20,1,LearnerKind.FUSED);")
        .contains("inspection.matrices().stream().mapToLong(InspectedMatrix::saved).sum();")
        .contains("Spectrum.of(Matrix.of(2,3,1,2,3,4,5,6));")
        .contains("spectrum.rank(newRankRule.FrobeniusRelative(1e-3));");
  }

  @Test
  void theInspectionShownIsWhatIsPrinted() throws IOException {
    StringWriter out = new StringWriter();
    Console console =
        new Console(new PrintWriter(out), new PrintWriter(PrintWriter.nullWriter()), false);
    Path model =
        Path.of("../compress/src/test/resources/io/rankfall/compress/models/attention.onnx");
    assertThat(Main.run(console, "inspect", model.toString())).isZero();
    assertThat(Files.readString(README)).contains(out.toString());
  }

  @Test
  void theSweepShownHas36Runs() throws IOException {
    String readme = Files.readString(README);
    int start = readme.indexOf("```yaml") + "```yaml".length();
    String yaml = readme.substring(start, readme.indexOf("```", start));
    SweepSpec sweep = SweepSpec.of("README.md", yaml, SweepSpec.Overrides.NONE);
    assertThat(sweep.name()).isEqualTo("mine");
    assertThat(sweep.runs()).hasSize(36);
    assertThat(readme).contains("lists the 36 runs");
  }

  @Test
  void everyCommandOfTheTableExists() throws IOException {
    String readme = Files.readString(README);
    for (String command :
        new String[] {"demo", "train", "inspect", "compress", "sweep", "runs", "help"}) {
      assertThat(readme).contains("`rankfall " + command);
    }
    assertThat(readme).contains("./rankfall demo").contains("mvn verify");
  }
}
