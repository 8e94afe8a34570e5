package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.compress.FeedForwardExport;
import io.rankfall.spectra.Matrix;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLineTest {
  private static Path folder;

  /** What a command printed and returned. */
  private record Ran(int exitCode, String out, String err) {}

  private static Ran run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.run(new Console(new PrintWriter(out), new PrintWriter(err), false), args);
    return new Ran(exitCode, out.toString(), err.toString());
  }

  /** A run of one small training, used by several tests. */
  private static Path run;

  @BeforeAll
  static void train(@TempDir Path shared) {
    folder = shared;
    run = folder.resolve("run");
    Ran ran =
        run(
            "train",
            "--hidden",
            "24,16",
            "--batch-norm",
            "--batch-size",
            "128",
            "--epochs",
            "1",
            "--out",
            run.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("test accuracy 0.").contains("fc1").contains("24×784");
    assertThat(ran.err()).contains("1/1").contains("Ranks count");
  }

  @Test
  void inspectsARunItsOnnxFileAndItsSafetensorsAlike() throws IOException {
    Ran ofRun = run("inspect", run.toString());
    Ran ofOnnx = run("inspect", run.resolve("model.onnx").toString());
    assertThat(ofRun.exitCode()).isZero();
    // The file also holds the running statistics of batch normalisation, so shares differ.
    assertThat(ofOnnx.out().replaceAll("[0-9,.]+ (%|parameters)", "%"))
        .isEqualTo(ofRun.out().replaceAll("[0-9,.]+ (%|parameters)", "%"));

    JsonNode onnx = json(run("inspect", run.resolve("model.onnx").toString(), "--json"));
    JsonNode safetensors =
        json(run("inspect", run.resolve("model.safetensors").toString(), "--json"));
    assertThat(onnx.at("/matrices/0/name").asText()).isEqualTo("fc1");
    assertThat(onnx.at("/matrices/0/singularValues").size()).isEqualTo(24);
    for (String field : List.of("rankFrobenius1e-3", "stableRank", "share", "singularValues")) {
      assertThat(safetensors.at("/matrices/0/" + field)).isEqualTo(onnx.at("/matrices/0/" + field));
    }
  }

  @Test
  void printsCsvWithOneLineAMatrix() {
    Ran csv = run("inspect", run.resolve("model.onnx").toString(), "--csv");
    List<String> lines = csv.out().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).startsWith("name,rows,cols,share,rankFrobenius1e-3");
    assertThat(lines.get(3)).startsWith("fc3,10,16,");
  }

  private static Path model(String name) {
    return Path.of("../compress/src/test/resources/io/rankfall/compress/models").resolve(name);
  }

  @Test
  void theTableBeginsWithWhatCanBeSavedAndEndsWithTheSum() {
    Ran ran = run("inspect", model("lenet.onnx").toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    List<String> lines = ran.out().lines().toList();
    assertThat(lines.get(1)).startsWith("/fc1/Gemm");
    assertThat(lines.get(lines.size() - 1))
        .startsWith("4 matrices hold ")
        .contains("of 13,262 parameters. Factors that keep 99 % of each Σσ² would save ");
  }

  @Test
  void layersAreChosenByTheNamesOfNodesOrTensors() {
    for (String glob : List.of("*/key/*", "key.w?ight")) {
      Ran ran = run("inspect", model("attention.onnx").toString(), "--csv", "--layers", glob);
      assertThat(ran.exitCode()).as(ran.err()).isZero();
      assertThat(ran.out().lines().skip(1)).singleElement().asString().startsWith("/key/MatMul,");
    }
    Ran both =
        run(
            "inspect",
            model("attention.onnx").toString(),
            "--layers",
            "/key/*",
            "--layers",
            "/query/*");
    assertThat(both.out()).contains("/key/MatMul", "/query/MatMul").doesNotContain("/value/");
    Ran none = run("inspect", model("attention.onnx").toString(), "--layers", "conv*");
    assertThat(none.exitCode()).isEqualTo(ExitCode.USAGE);
    assertOneLine(none, "--layers conv*: expected the name of a layer, found 5 others: /table/");
    Ran ofRun = run("inspect", run.toString(), "--csv", "--layers", "fc2");
    assertThat(ofRun.out().lines()).hasSize(2);
  }

  @Test
  void aTerminalShowsHowFarItIs() {
    StringWriter err = new StringWriter();
    Console console =
        new Console(new PrintWriter(PrintWriter.nullWriter()), new PrintWriter(err), true);
    assertThat(Main.run(console, "inspect", model("lenet.onnx").toString())).isZero();
    assertThat(err.toString()).contains("inspecting █").endsWith("\r\u001b[K");
    assertThat(run("inspect", model("lenet.onnx").toString()).err()).isEmpty();
  }

  @Test
  void shardsAreReadByTheirIndexOrTheirFolder() throws IOException {
    JsonNode byFolder = json(run("inspect", model("sharded").toString(), "--json"));
    JsonNode byIndex =
        json(run("inspect", model("sharded/model.safetensors.index.json").toString(), "--json"));
    assertThat(byFolder).isEqualTo(byIndex);
    assertThat(byIndex.at("/matrices").size()).isEqualTo(5);
    assertThat(byIndex.at("/products/0/heads").size()).isEqualTo(4);
    assertThat(byIndex.at("/skipped/0/reason").asText()).isNotEmpty();
    for (String field :
        List.of(
            "rankEpsilonSpectral0.1",
            "rankEnergy90",
            "participationRatio",
            "conditionNumber",
            "alpha",
            "alphaDistance",
            "marchenkoPasturEdge",
            "randomRankEnergy99",
            "breakEvenRank",
            "savedParameters")) {
      assertThat(byIndex.at("/matrices/0").has(field)).as(field).isTrue();
    }
  }

  @Test
  void aReportIsWrittenBesideTheTable() throws IOException {
    Path html = folder.resolve("spectra.html");
    Ran ran = run("inspect", model("attention.onnx").toString(), "--html", html.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("Wkᵀ·Wq").contains("/key/MatMul");
    assertThat(html).content().contains("/key/MatMul", "default-src 'none'");
    Ran refused = run("inspect", run.toString(), "--html", folder.toString());
    assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertOneLine(refused, "expected a file, found a directory");
  }

  @Test
  void compressesToABudgetAndTheFileCanBeInspected() throws IOException {
    Path small = folder.resolve("small.onnx");
    Ran ran =
        run(
            "compress",
            run.resolve("model.onnx").toString(),
            "--params",
            "0.5",
            "--out",
            small.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(Files.size(small)).isLessThan(Files.size(run.resolve("model.onnx")) * 6 / 10);
    assertThat(ran.out()).contains("parameters ").contains(" → ");
    assertThat(run("inspect", small.toString()).out()).contains("fc1");
  }

  @Test
  void aModelWithNothingToFactorSaysWhyInOneLine() {
    Ran ran =
        run(
            "compress",
            "../compress/src/test/resources/io/rankfall/compress/models/recurrent.onnx",
            "--rank",
            "1",
            "--dry-run");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertOneLine(ran, "found none that can be factored: ");
    assertThat(ran.err()).contains("used by LSTM /lstm/LSTM, no matrix product");
  }

  @Test
  void convolutionsAreListedWithTheirDecompositionAndWhy() {
    String model = "../compress/src/test/resources/io/rankfall/compress/models/residual.onnx";
    Ran ran = run("compress", model, "--params", "0.6", "--dry-run");
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
    Files.write(npy, npy(30, 784));
    Path small = folder.resolve("aware.onnx");
    Ran ran =
        run(
            "compress",
            run.resolve("model.onnx").toString(),
            "--energy",
            "0.9",
            "--calibration",
            npy.toString(),
            "--out",
            small.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.err()).contains("warning").contains("30 rows cannot span a layer's 784 inputs");
    assertThat(small).exists();
  }

  @Test
  void theOrderOfFittingCanBeChosen() throws IOException {
    Path npy = folder.resolve("inputs.npy");
    Files.write(npy, npy(30, 784));
    List<byte[]> models = new ArrayList<>();
    for (String order : List.of("independent", "sequential")) {
      Path out = folder.resolve(order + ".onnx");
      Ran ran =
          run(
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
    Ran ran = run("compress", model.toString(), "--rank", "4", "--out", run + "/../run/model.onnx");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.USAGE);
    assertOneLine(ran, "--out: expected another file than the model");
    assertThat(model).hasBinaryContent(before);
  }

  @Test
  void calibrationThatDoesNotFitIsNamed() throws IOException {
    Path narrow = folder.resolve("narrow.npy");
    Files.write(narrow, npy(900, 7));
    Ran ran =
        run(
            "compress",
            run.toString(),
            "--rank",
            "4",
            "--calibration",
            narrow.toString(),
            "--dry-run");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertOneLine(ran, narrow + ": ");
    assertThat(ran.err()).contains("found float32 [900×7]").contains("[?×784]");
  }

  @Test
  void aDryRunWritesNothing() {
    String[] before = run.toFile().list();
    Ran ran = run("compress", run.resolve("model.onnx").toString(), "--rank", "4", "--dry-run");
    assertThat(ran.exitCode()).isZero();
    assertThat(run.toFile().list()).containsExactlyInAnyOrder(before);
  }

  @Test
  void anImpossibleBudgetIsAFindingAndWritesNothing() {
    Path out = folder.resolve("impossible.onnx");
    Ran ran =
        run(
            "compress",
            run.resolve("model.onnx").toString(),
            "--params",
            "0.001",
            "--out",
            out.toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FINDING);
    assertOneLine(ran, "parameter budget: expected at most");
    assertThat(out).doesNotExist();
  }

  @Test
  void aDivergedTrainingIsAFindingWithItsRecord() throws IOException {
    Path out = folder.resolve("diverged");
    Files.createDirectory(out);
    Files.writeString(out.resolve("model.onnx"), "of an earlier run");
    Ran ran =
        run(
            "train",
            "--hidden",
            "8",
            "--lr",
            "1e6",
            "--weight-decay",
            "0",
            "--batch-size",
            "128",
            "--epochs",
            "1",
            "--out",
            out.toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FINDING);
    assertThat(ran.out()).startsWith("diverged at epoch 1, step ");
    assertThat(out.resolve("run.json")).content().contains("DIVERGED");
    assertThat(out.resolve("model.onnx")).doesNotExist();
    assertThat(run("inspect", out.toString()).err()).contains("this training diverged at epoch 1");
  }

  @ParameterizedTest
  @CsvSource({
    "train --batch-size 0, batch size: expected >= 1; found 0",
    "train --lr -1, learning rate: expected > 0",
    "train --lr 0.5 --weight-decay 2, weight decay: expected",
    "train --learner tensorflow, tensorflow",
    "train --hidden 0, mlp: expected",
    "train --batch-norm --batch-size 1, batch normalisation",
    "train --milestones 5;3, ascending",
    "demo --epochs 0, epochs: expected >= 1",
    "demo --width -3, mlp: expected",
    "demo --epoch 3, did you mean --epochs",
    "inspect, Missing required parameter",
    "inspect a.onnx --json --csv, mutually exclusive",
    "compress a.onnx --out b.onnx, expected one of --params",
    "compress a.onnx --params 0.5, expected --out FILE or --dry-run",
    "train --epochs 3 --milestones 5, --milestones: expected epochs before the last",
    "demo --jobs 0, jobs: expected >= 1",
    "compress a.onnx --params 0.5 --energy 0.9 --out b.onnx, mutually exclusive",
    "compress a.onnx --params 1.5 --dry-run, parameter share: expected",
    "compress a.onnx --rank 0 --dry-run, rank: expected >= 1",
    "frobnicate, frobnicate",
    "'', expected a command"
  })
  void wrongUsageIsOneLineAndExitCode2(String command, String message) {
    String[] args = command.isEmpty() ? new String[0] : command.replace(';', ',').split(" ", -1);
    Ran ran = run(args);
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.USAGE);
    assertOneLine(ran, message.replace(';', ','));
  }

  @Test
  void unreadableInputIsOneLineAndExitCode3() throws IOException {
    Path garbage = folder.resolve("garbage.onnx");
    Files.writeString(garbage, "not a model");
    Path truncated = folder.resolve("truncated.onnx");
    byte[] whole = Files.readAllBytes(run.resolve("model.onnx"));
    Files.write(truncated, java.util.Arrays.copyOf(whole, whole.length / 2));
    Path brokenRun = Files.createDirectory(folder.resolve("broken-run"));
    Files.writeString(brokenRun.resolve("run.json"), "{\"formatVersion\": 1");
    for (Path bad :
        List.of(
            folder.resolve("missing.onnx"),
            folder.resolve("missing.safetensors"),
            garbage,
            truncated,
            brokenRun,
            folder)) {
      Ran ran = run("inspect", bad.toString());
      assertThat(ran.exitCode()).as(bad + ": " + ran.err()).isEqualTo(ExitCode.FAILURE);
      assertOneLine(ran, bad.toString());
    }
  }

  @Test
  void aDamagedRecordIsOneLine() throws IOException {
    String record = Files.readString(run.resolve("run.json"));
    Path damaged = Files.createDirectory(folder.resolve("damaged"));
    for (String bad :
        List.of(
            record.replaceFirst("\"spec\" : \\{", "\"spec\" : null, \"old\" : {"),
            record.replaceFirst("\"name\" : \"fc1\"", "\"name\" : null"),
            record.replace("\"cols\" : 784", "\"cols\" : 7"),
            record.replace("\"spectrum\" : [ ", "\"spectrum\" : [ -1, "))) {
      assertThat(bad).isNotEqualTo(record);
      Files.writeString(damaged.resolve("run.json"), bad);
      Ran ran = run("inspect", damaged.toString());
      assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.FAILURE);
      assertOneLine(ran, damaged.toString());
    }
  }

  @Test
  void weightsThatAreNotNumbersAreNamed() throws IOException {
    Path nan = folder.resolve("nan.onnx");
    new FeedForwardExport(
            List.of(
                FeedForwardExport.Layer.of("fc1", Matrix.of(2, 2, 1, 2, 3, Float.NaN), 0, 0),
                FeedForwardExport.Layer.of("fc2", Matrix.of(2, 2, 1, 2, 3, 4), 0, 0)),
            new FeedForwardExport.Producer("test", "1"),
            Map.of())
        .model("nan")
        .write(nan);
    Ran compress = run("compress", nan.toString(), "--rank", "1", "--dry-run");
    assertThat(compress.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertOneLine(compress, "fc1 2x2: expected finite numbers, found NaN or Inf");
    Ran inspect = run("inspect", nan.toString());
    assertThat(inspect.exitCode()).isEqualTo(ExitCode.FINDING);
    assertOneLine(inspect, "nan.onnx: expected finite numbers, found NaN or Inf in fc1 2x2");
    assertThat(inspect.out()).contains("fc2").doesNotContain("fc1");
  }

  @Test
  void anOutputThatIsAFileIsRefusedBeforeTraining() throws IOException {
    Path file = folder.resolve("taken");
    Files.writeString(file, "precious");
    for (String command : List.of("demo", "train")) {
      Ran ran = run(command, "--out", file.toString());
      assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
      assertOneLine(ran, file + ": expected a folder, found a file");
    }
    assertThat(file).hasContent("precious");
  }

  @Test
  void helpAndVersionGoToStandardOutput() {
    for (String command : List.of("demo", "train", "inspect", "compress")) {
      Ran help = run("help", command);
      assertThat(help.exitCode()).isZero();
      assertThat(help.out()).contains("Examples:").contains("rankfall " + command);
      assertThat(help.err()).isEmpty();
    }
    assertThat(run("--version").out()).matches("rankfall \\d+\\.\\d+\\.\\d+.*\\R");
    assertThat(run("--help").out()).contains("Exit codes:").contains("130");
  }

  private static void assertOneLine(Ran ran, String message) {
    assertThat(ran.err().lines().filter(line -> !line.isBlank())).hasSize(1);
    assertThat(ran.err()).startsWith("rankfall: ").contains(message);
  }

  private static JsonNode json(Ran ran) throws IOException {
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    return new JsonMapper().readTree(ran.out());
  }

  /** A little-endian float32 array of deterministic numbers. */
  private static byte[] npy(int rows, int cols) {
    String dict =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }".formatted(rows, cols);
    int padded = (10 + dict.length() + 1 + 63) / 64 * 64 - 10;
    java.nio.ByteBuffer buffer =
        java.nio.ByteBuffer.allocate(10 + padded + 4 * rows * cols)
            .order(java.nio.ByteOrder.LITTLE_ENDIAN);
    buffer.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1);
    buffer.put((byte) 0).putShort((short) padded);
    buffer.put(
        (dict + " ".repeat(padded - dict.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
    java.util.SplittableRandom random = new java.util.SplittableRandom(1);
    for (int i = 0; i < rows * cols; i++) {
      buffer.putFloat((float) random.nextGaussian());
    }
    return buffer.array();
  }
}
