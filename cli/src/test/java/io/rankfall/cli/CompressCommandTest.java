package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command in this process, on a trained run and on model files. */
class CompressCommandTest {
  @TempDir private Path folder = Path.of("");
  private final Path run = TrainedRun.folder();

  @Test
  void compressesToABudgetAndTheFileCanBeInspected() throws IOException {
    Path small = folder.resolve("small.onnx");
    Ran ran =
        Ran.run(
            "compress",
            run.resolve("model.onnx").toString(),
            "--params",
            "0.5",
            "--out",
            small.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(Files.size(small)).isLessThan(Files.size(run.resolve("model.onnx")) * 6 / 10);
    assertThat(ran.out())
        .containsPattern("parameters +19,570 +[\\d,]+ +[\\d.]+ %, [\\d.]+× fewer")
        .contains("latency, batch 32");
    assertThat(Ran.run("inspect", small.toString()).out()).contains("fc1");
  }

  @Test
  void aModelWithNothingToFactorSaysWhyInOneLine() {
    Ran ran =
        Ran.run(
            "compress",
            "../compress/src/test/resources/io/rankfall/compress/models/recurrent.onnx",
            "--rank",
            "1",
            "--dry-run");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    ran.assertOneLine("found none that can be factored: ");
    assertThat(ran.err()).contains("used by LSTM /lstm/LSTM, no matrix product");
  }

  @Test
  void convolutionsAreListedWithTheirDecompositionAndWhy() {
    String model = "../compress/src/test/resources/io/rankfall/compress/models/residual.onnx";
    Ran ran = Ran.run("compress", model, "--params", "0.6", "--dry-run");
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out())
        .containsPattern("/twice/Conv +12×108 +9 .* channel; for no more parameters spatial loses ")
        .containsPattern("/fc/Gemm +10×24 ")
        .contains("left alone")
        .contains("Conv /depthwise/Conv is depthwise: each kernel sees one channel");
  }

  @Test
  void calibrationIsReadFromNpy() throws IOException {
    Path npy = folder.resolve("inputs.npy");
    Files.write(npy, Npy.random(30, 784));
    Path small = folder.resolve("aware.onnx");
    Ran ran =
        Ran.run(
            "compress",
            run.resolve("model.onnx").toString(),
            "--energy",
            "0.9",
            "--calibration",
            npy.toString(),
            "--out",
            small.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.err())
        .contains("note: calibration: 30 rows cannot span the 784 inputs of layer fc1");
    assertThat(small).exists();
  }

  @Test
  void theOrderOfFittingCanBeChosen() throws IOException {
    Path npy = folder.resolve("inputs.npy");
    Files.write(npy, Npy.random(30, 784));
    List<byte[]> models = new ArrayList<>();
    for (String order : List.of("independent", "sequential")) {
      Path out = folder.resolve(order + ".onnx");
      Ran ran =
          Ran.run(
              "compress",
              run.toString(),
              "--rank",
              "3",
              "--calibration",
              npy.toString(),
              "--fit",
              order,
              "--out",
              out.toString());
      assertThat(ran.exitCode()).as(ran.err()).isZero();
      models.add(Files.readAllBytes(out));
    }
    assertThat(models.get(0)).isNotEqualTo(models.get(1));
  }

  @Test
  void theModelItselfIsNotOverwritten() throws IOException {
    Path model = run.resolve("model.onnx");
    byte[] before = Files.readAllBytes(model);
    Ran ran =
        Ran.run(
            "compress",
            model.toString(),
            "--rank",
            "4",
            "--out",
            run.resolve("..").resolve(run.getFileName()).resolve("model.onnx").toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.USAGE);
    ran.assertOneLine("--out: expected another file than the model");
    assertThat(model).hasBinaryContent(before);
  }

  @Test
  void calibrationThatDoesNotFitIsNamed() throws IOException {
    Path narrow = folder.resolve("narrow.npy");
    Files.write(narrow, Npy.random(900, 7));
    Ran ran =
        Ran.run(
            "compress",
            run.toString(),
            "--rank",
            "4",
            "--calibration",
            narrow.toString(),
            "--dry-run");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    ran.assertOneLine("calibration: ");
    assertThat(ran.err()).contains("found float32 [900×7]").contains("[?×784]");
  }

  @Test
  void aDryRunWritesNothing() {
    String[] before = run.toFile().list();
    Ran ran = Ran.run("compress", run.resolve("model.onnx").toString(), "--rank", "4", "--dry-run");
    assertThat(ran.exitCode()).isZero();
    assertThat(run.toFile().list()).containsExactlyInAnyOrder(before);
  }

  @Test
  void anImpossibleBudgetIsAFindingAndWritesNothing() {
    Path out = folder.resolve("impossible.onnx");
    Ran ran =
        Ran.run(
            "compress",
            run.resolve("model.onnx").toString(),
            "--params",
            "0.001",
            "--out",
            out.toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FINDING);
    ran.assertOneLine("budget: expected at most ");
    assertThat(out).doesNotExist();
  }

  @Test
  void sizesAreWrittenAsPeopleWriteThem() {
    GoalOptions.Bytes bytes = new GoalOptions.Bytes();
    assertThat(bytes.convert("1234")).isEqualTo(1234);
    assertThat(bytes.convert("500kB")).isEqualTo(500_000);
    assertThat(bytes.convert("1.5 MiB")).isEqualTo(3 << 19);
    assertThat(bytes.convert("2g")).isEqualTo(2_000_000_000L);
    for (String wrong : new String[] {"", "MB", "-1", "1ib", "1TB"}) {
      assertThatThrownBy(() -> bytes.convert(wrong)).hasMessageContaining("found '" + wrong + "'");
    }
  }

  @Test
  void aChangeIsSearchedAndTheBestIsKeptOnlyWhenAskedFor() throws IOException {
    Path data = folder.resolve("data.npy");
    Files.write(data, Npy.random(64, 784));
    Path out = folder.resolve("searched.onnx");
    String model = run.resolve("model.onnx").toString();
    Ran ran =
        Ran.run(
            "compress",
            model,
            "--max-change",
            "0.5",
            "--data",
            data.toString(),
            "--json",
            "--out",
            out.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    JsonNode json = JsonMapper.builder().build().readTree(ran.out());
    assertThat(json.at("/data/0/role").asText()).isEqualTo("searched");
    assertThat(json.at("/data/0/change").asDouble()).isBetween(0.0, 0.5);
    assertThat(json.at("/compressed/bytes").asLong()).isEqualTo(Files.size(out));
    assertThat(json.at("/search").size()).isGreaterThan(1);
    assertThat(ran.err()).contains("parameters: outputs changed by");

    Files.delete(out);
    String[] impossible = {
      "compress", model, "--max-change", "0", "--data", data.toString(), "--out", out.toString()
    };
    Ran missed = Ran.run(impossible);
    assertThat(missed.exitCode()).isEqualTo(ExitCode.FINDING);
    assertThat(missed.err()).contains("rankfall: goal: expected a smaller model with outputs");
    assertThat(out).doesNotExist();
    String[] keeping = Arrays.copyOf(impossible, impossible.length + 1);
    keeping[impossible.length] = "--keep-best";
    Ran kept = Ran.run(keeping);
    assertThat(kept.exitCode()).isEqualTo(ExitCode.FINDING);
    assertThat(kept.err()).contains("found at best outputs changed by");
    assertThat(out).exists();
  }
}
