package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankfall.compress.SafetensorsFile;
import io.rankfall.spectra.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code theory MODEL}, with the settings of a training that is over. */
final class ModelTheoryTest {
  private static final String SETTINGS =
      "--batch-size=1 --lr=0.5 --weight-decay=1 --epochs=1 --examples=";

  @TempDir private Path folder = Path.of("");

  private static Ran theory(Path file, String line) {
    return Ran.run(("theory " + file + " " + line).split(" "));
  }

  /** Lines break where the path of the file makes them. */
  private static String words(Ran ran) {
    return ran.out().replaceAll("\\s+", " ");
  }

  private static JsonNode json(Ran ran) throws IOException {
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.OK);
    return new ObjectMapper().readTree(ran.out());
  }

  /** A diagonal matrix of the given order, whose first numbers are 1. */
  private static Matrix diagonal(int order, int rank) {
    float[] values = new float[order * order];
    for (int i = 0; i < rank; i++) {
      values[i * order + i] = 1;
    }
    return Matrix.of(order, order, values);
  }

  private Path model() throws IOException {
    Path file = folder.resolve("model.safetensors");
    SafetensorsFile.write(
        file,
        Map.of(
            "low.weight", SafetensorsFile.Tensor.of(diagonal(9, 5)),
            "high.weight", SafetensorsFile.Tensor.of(diagonal(9, 8)),
            "small.weight", SafetensorsFile.Tensor.of(diagonal(3, 3))),
        Map.of());
    return file;
  }

  /** A step keeps one half: at ε = .05 the window is of ⌈log₂ 40⌉ = 6 steps, of rank 6. */
  @Test
  void ranksAreHeldAgainstTheBoundsOfGivenSettings() throws IOException {
    Ran ran = theory(model(), SETTINGS + "7 --epsilon=0.05");

    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.OK);
    assertThat(words(ran))
        .contains("trained for 7 steps of B = 1 with µ*wd = 0.500 at the end")
        .contains("6 steps at ε = 0.05")
        .containsPattern("low.* 9×9 +1 +0.05 +6 +5 +9 +WITHIN +1 below")
        .containsPattern("high.* 9×9 +1 +0.05 +6 +8 +9 +ABOVE +2 above")
        .containsPattern("small.* 3×3 +1 +0.05 +6 +3 +3 +VACUOUS +any matrix does")
        .contains("the theorem's premise, a file does not say");
    assertThat(theory(model(), SETTINGS + "5 --epsilon=0.05").out())
        .containsPattern("low.* 9×9 +1 +0.05 +6 +5 +9 +NOT_YET +from step 6 on");
    assertThat(theory(model(), SETTINGS + "7 --epsilon=0.05 --positions=l*=2").out())
        .containsPattern("low.* 9×9 +2 +0.05 +12 +5 +9 +VACUOUS");
    assertThat(words(theory(model(), SETTINGS.replace("decay=1", "decay=0") + "7")))
        .contains("infinite at ε")
        .containsPattern("∞ +5 +9 +VACUOUS +no window");
  }

  /** The settings of a run's record and its files say what its replay measures. */
  @Test
  void aRunsFilesAgreeWithItsReplay() throws IOException {
    Path run = folder.resolve("run");
    Ran trained =
        Ran.run(
            "train",
            "--hidden=60",
            "--data=fashion-mnist-400",
            "--batch-size=1",
            "--lr=0.02",
            "--weight-decay=1.5",
            "--momentum=0.5",
            "--epochs=2",
            "--milestones=1",
            "--out=" + run);
    assertThat(trained.exitCode()).as(trained.err()).isEqualTo(ExitCode.OK);
    JsonNode replay = json(Ran.run("theory", run.toString(), "--json", "--epsilon=0.5,0.1"));
    for (String name : new String[] {"model.onnx", "model.safetensors"}) {
      String line = "--spec=" + run.resolve("run.json") + " --json --epsilon=0.5,0.1";
      JsonNode found = json(theory(run.resolve(name), line));
      assertThat(found.at("/steps")).isEqualTo(replay.at("/steps"));
      assertThat(found.at("/layers").size()).isEqualTo(2);
      for (int layer = 0; layer < 2; layer++) {
        JsonNode checks = replay.at("/layers/%d/epochs".formatted(layer));
        checks = checks.get(checks.size() - 1).get("checks");
        JsonNode bounds = found.at("/layers/%d/bounds".formatted(layer));
        assertThat(bounds.size()).isEqualTo(2);
        for (int i = 0; i < 2; i++) {
          JsonNode apriori = checks.get(i).get("apriori");
          assertThat(bounds.get(i).get("bound")).isEqualTo(apriori.get("bound"));
          assertThat(bounds.get(i).get("measuredRank")).isEqualTo(apriori.get("measuredRank"));
        }
      }
    }
  }

  @Test
  void convolutionsAreAskedForTheirPositions() throws IOException {
    Path run = folder.resolve("run");
    Ran.run(
        "train",
        "--arch=convnet:depth=1,width=4",
        "--data=fashion-mnist-100",
        "--epochs=1",
        "--out=" + run);

    assertThat(theory(run.resolve("model.onnx"), SETTINGS + "100").out())
        .containsPattern("conv1.* 4×4 +\\? .*give --positions");
    // Kernels of 2×2 with a stride of 2 on 28×28.
    assertThat(theory(run.resolve("model.onnx"), "--spec=" + run.resolve("run.json")).out())
        .containsPattern("conv1.* 4×4 +196 ");
  }

  /** Seven epochs of one example are seven steps, and a number of steps needs no epochs. */
  @Test
  void stepsAtOneRateNeedNoEpochs() throws IOException {
    Path file = model();
    String steps = "--batch-size=1 --lr=0.5 --weight-decay=1 --epsilon=0.05 --json --steps=";

    assertThat(json(theory(file, steps + "7")))
        .isEqualTo(json(theory(file, SETTINGS + "7 --epsilon=0.05 --json")));
    assertThat(json(theory(file, steps + "5")).at("/steps").asLong()).isEqualTo(5);
    assertThat(json(theory(file, "--momentum=0.9 " + steps + "7")).at("/windows"))
        .isNotEqualTo(json(theory(file, steps + "7")).at("/windows"));
  }

  @Test
  void aPlainNumberOfPositionsIsOfAllThatNoNameIsGivenFor() throws IOException {
    String line = SETTINGS + "7 --epsilon=0.05 --positions=3 --positions=low*=2";

    assertThat(theory(model(), line).out())
        .containsPattern("low.* 9×9 +2 ")
        .containsPattern("high.* 9×9 +3 ");
  }

  /** Else 5 would be believed to be the rate that the bounds are of. */
  @Test
  void anOptionThatWouldChangeNothingIsRefused() throws IOException {
    Path file = model();
    Path spec = folder.resolve("run.json");
    String steps = "--batch-size=1 --lr=0.5 --weight-decay=1 --steps=7 ";
    theory(file, "--spec=" + spec + " --lr=5")
        .assertOneLine(
            "--lr: expected no option that changes nothing, found it beside a model file");
    theory(file, "--spec=" + spec + " --steps=5").assertOneLine("--steps: expected no option");
    theory(file, steps + "--milestones=1").assertOneLine("--milestones: expected no option");
    theory(file, steps + "--examples=7").assertOneLine("--examples: expected no option");
    theory(file, steps + "--explorer").assertOneLine("--explorer: expected no option");
    theory(file, SETTINGS + "7 --hidden=7").assertOneLine("--hidden: expected no option");
    theory(file, steps + "--positions=lwo*=2")
        .assertOneLine("--positions: expected names of matrices of " + file + ", found none");
  }

  @Test
  void whatIsMissingOrImpossibleIsSaidInOneLine() throws IOException {
    Path file = model();
    theory(file, "--lr=0.1").assertOneLine("expected --spec, or --batch-size, --lr");
    theory(file, SETTINGS.replace("lr=0.5", "lr=2") + "7")
        .assertOneLine("learningRate*weightDecay < 1, as a step keeps");
    theory(file, SETTINGS + "7 --optimizer=adamw").assertOneLine("found ADAMW: Adam divides");
    theory(file, SETTINGS + "7 --positions=low=0")
        .assertOneLine("expected R or GLOB=R with R >= 1");
    theory(file, SETTINGS + "7 --html=x.html").assertOneLine("--html: expected a training");
    theory(file, SETTINGS + "0").assertOneLine("examples: expected >= 1");
    theory(file, "--batch-size=1 --lr=0.5 --weight-decay=1")
        .assertOneLine("found no --steps and no --epochs");
    theory(file, "--batch-size=1 --lr=0.5 --weight-decay=1 --steps=0")
        .assertOneLine("steps: expected >= 1, found 0");
    theory(folder.resolve("none.onnx"), SETTINGS + "7").assertOneLine("none.onnx: file: expected");
    theory(file, "--spec=" + folder.resolve("none.json")).assertOneLine("none.json");
    Ran.run("theory", "--spec=x").assertOneLine("expected a model file beside them, found none");
    Path broken = folder.resolve("broken.onnx");
    Files.write(broken, new byte[] {1, 2, 3});
    theory(broken, SETTINGS + "7").assertOneLine("broken.onnx");
  }
}
