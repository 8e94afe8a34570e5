package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.compress.OnnxBuilder;
import io.rankfall.spectra.Matrix;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command in this process, on a trained run and on model files. */
class InspectCommandTest {
  @TempDir private Path folder = Path.of("");
  private final Path run = TrainedRun.folder();

  @Test
  void inspectsARunItsOnnxFileAndItsSafetensorsAlike() throws IOException {
    Ran ofRun = Ran.run("inspect", run.toString());
    Ran ofOnnx = Ran.run("inspect", run.resolve("model.onnx").toString());
    assertThat(ofRun.exitCode()).isZero();
    // The file also holds the running statistics of batch normalisation, so shares differ.
    assertThat(ofOnnx.out().replaceAll("[0-9,.]+ (%|parameters)", "%"))
        .isEqualTo(ofRun.out().replaceAll("[0-9,.]+ (%|parameters)", "%"));

    JsonNode onnx = json(Ran.run("inspect", run.resolve("model.onnx").toString(), "--json"));
    JsonNode safetensors =
        json(Ran.run("inspect", run.resolve("model.safetensors").toString(), "--json"));
    assertThat(onnx.at("/matrices/0/name").asText()).isEqualTo("fc1");
    assertThat(onnx.at("/matrices/0/singularValues").size()).isEqualTo(24);
    for (String field : List.of("rankFrobenius1e-3", "stableRank", "share", "singularValues")) {
      assertThat(safetensors.at("/matrices/0/" + field)).isEqualTo(onnx.at("/matrices/0/" + field));
    }
  }

  @Test
  void printsCsvWithOneLineAMatrix() {
    Ran csv = Ran.run("inspect", run.resolve("model.onnx").toString(), "--csv");
    List<String> lines = csv.out().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).startsWith("name,rows,cols,share,rankFrobenius1e-3");
    assertThat(lines.get(3)).startsWith("fc3,10,16,");
  }

  @Test
  void theTableBeginsWithWhatCanBeSavedAndEndsWithTheSum() {
    Ran ran = Ran.run("inspect", model("lenet.onnx").toString());
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
      Ran ran = Ran.run("inspect", model("attention.onnx").toString(), "--csv", "--layers", glob);
      assertThat(ran.exitCode()).as(ran.err()).isZero();
      assertThat(ran.out().lines().skip(1)).singleElement().asString().startsWith("/key/MatMul,");
    }
    Ran both =
        Ran.run(
            "inspect",
            model("attention.onnx").toString(),
            "--layers",
            "/key/*",
            "--layers",
            "/query/*");
    assertThat(both.out()).contains("/key/MatMul", "/query/MatMul").doesNotContain("/value/");
    Ran none = Ran.run("inspect", model("attention.onnx").toString(), "--layers", "conv*");
    assertThat(none.exitCode()).isEqualTo(ExitCode.USAGE);
    none.assertOneLine("--layers conv*: expected the name of a layer, found 5 others: /table/");
    Ran ofRun = Ran.run("inspect", run.toString(), "--csv", "--layers", "fc2");
    assertThat(ofRun.out().lines()).hasSize(2);
  }

  @Test
  void aTerminalShowsHowFarItIs() {
    StringWriter err = new StringWriter();
    Console console =
        new Console(new PrintWriter(PrintWriter.nullWriter()), new PrintWriter(err), true);
    assertThat(Main.run(console, "inspect", model("lenet.onnx").toString())).isZero();
    assertThat(err.toString()).contains("inspecting █").endsWith("\r\u001b[K");
    assertThat(Ran.run("inspect", model("lenet.onnx").toString()).err()).isEmpty();
  }

  @Test
  void shardsAreReadByTheirIndexOrTheirFolder() throws IOException {
    JsonNode byFolder = json(Ran.run("inspect", model("sharded").toString(), "--json"));
    JsonNode byIndex =
        json(
            Ran.run("inspect", model("sharded/model.safetensors.index.json").toString(), "--json"));
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
    Ran ran = Ran.run("inspect", model("attention.onnx").toString(), "--html", html.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("Wkᵀ·Wq").contains("/key/MatMul");
    assertThat(html).content().contains("/key/MatMul", "default-src 'none'");
    Ran refused = Ran.run("inspect", run.toString(), "--html", folder.toString());
    assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILURE);
    refused.assertOneLine("expected a file, found a directory");
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
      Ran ran = Ran.run("inspect", damaged.toString());
      assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.FAILURE);
      ran.assertOneLine(damaged.toString());
    }
  }

  @Test
  void weightsThatAreNotNumbersAreNamed() throws IOException {
    Path nan = folder.resolve("nan.onnx");
    OnnxBuilder onnx = new OnnxBuilder("nan");
    String x = onnx.input("input", List.of(2));
    String fc1 = onnx.constant("fc1.weight", Matrix.of(2, 2, 1, 2, 3, Float.NaN));
    String fc2 = onnx.constant("fc2.weight", Matrix.of(2, 2, 1, 2, 3, 4));
    onnx.node("MatMul", "fc2", List.of(onnx.node("MatMul", "fc1", List.of(x, fc1)), fc2));
    onnx.model("logits", List.of(2), new OnnxBuilder.Producer("test", "1"), Map.of(), "nan")
        .write(nan);
    Ran compress = Ran.run("compress", nan.toString(), "--rank", "1", "--dry-run");
    assertThat(compress.exitCode()).isEqualTo(ExitCode.FAILURE);
    compress.assertOneLine("fc1 2x2: expected finite numbers, found NaN or Inf");
    Ran inspect = Ran.run("inspect", nan.toString());
    assertThat(inspect.exitCode()).isEqualTo(ExitCode.FINDING);
    inspect.assertOneLine("nan.onnx: expected finite numbers, found NaN or Inf in fc1 2x2");
    assertThat(inspect.out()).contains("fc2").doesNotContain("fc1");
  }

  private static JsonNode json(Ran ran) throws IOException {
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    return new JsonMapper().readTree(ran.out());
  }

  private static Path model(String name) {
    return Path.of("../compress/src/test/resources/io/rankfall/compress/models").resolve(name);
  }
}
