package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --theory}, and {@code theory} for optimizers without a bound. */
final class TrainTheoryTest {
  @TempDir private Path folder = Path.of("");

  private Ran train(int epochs, String... more) {
    List<String> line = new ArrayList<>();
    line.addAll(List.of("train", "--theory", "--hidden=40", "--data=fashion-mnist-600"));
    line.addAll(List.of("--batch-size=2", "--epochs=" + epochs, "--out=" + folder.resolve("run")));
    line.addAll(List.of(more));
    return Ran.run(line.toArray(String[]::new));
  }

  @Test
  void aTrainingCarriesItsTheoryIntoItsFolder() throws IOException {
    Ran ran = train(1, "--lr=0.02", "--weight-decay=0.2");

    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.OK);
    assertThat(ran.out()).contains("As the theory says: all 6 gradients", "theory.html");
    Path run = folder.resolve("run");
    JsonNode report = new ObjectMapper().readTree(run.resolve("theory.json").toFile());
    assertThat(report.at("/settings/depth").asText()).isEqualTo("LIGHT");
    assertThat(report.at("/holds").asBoolean()).isTrue();
    assertThat(report.at("/layers/0/identity").size()).isPositive();
    assertThat(run.resolve("theory.html")).content().contains("fashion-mnist-600", "\"fc1\"");
    assertThat(run.resolve("model.onnx")).exists();

    Ran resumed = train(2, "--lr=0.02", "--weight-decay=0.2", "--resume");
    assertThat(resumed.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(resumed.err())
        .contains("--theory: expected a training from its first step, found one resumed");
    assertThat(run.resolve("theory.html")).exists();

    Ran longer =
        Ran.run(
            "train",
            "--hidden=40",
            "--data=fashion-mnist-600",
            "--batch-size=2",
            "--lr=0.02",
            "--weight-decay=0.2",
            "--epochs=2",
            "--resume",
            "--out=" + run);
    assertThat(longer.exitCode()).as(longer.err()).isEqualTo(ExitCode.OK);
    assertThat(run.resolve("theory.html")).as("of one epoch only").doesNotExist();
    assertThat(run.resolve("theory.json")).doesNotExist();
  }

  @Test
  void whatItCannotFollowIsRefusedBeforeTraining() {
    train(1, "--until-accuracy=0.9").assertOneLine("found a rule that may end it");
    train(1, "--optimizer=adamw", "--lr=1e-3")
        .assertOneLine("theory: expected optimizer SGD without clipping, found ADAMW");
    assertThat(folder.resolve("run").resolve("theory.json")).doesNotExist();
  }

  @Test
  void withoutABoundTheRanksOfUpdatesAreShown() throws IOException {
    String[] line = {
      "theory", "--optimizer=adamw", "--lr=1e-3", "--hidden=40", "--examples=200", "--epochs=1"
    };
    Ran ran = Ran.run(line);

    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.OK);
    assertThat(ran.out())
        .contains("Adam divides every entry")
        .containsPattern("fc1 +40×784 +[0-9–]+ +8–16 +[234][0-9]");

    List<String> json = new ArrayList<>(List.of(line));
    json.add("--json");
    JsonNode report = new ObjectMapper().readTree(Ran.run(json.toArray(String[]::new)).out());
    assertThat(report.at("/layers/0/updates/0/exceedsGradients").asBoolean()).isTrue();

    json.add("--html=" + folder.resolve("page.html"));
    Ran.run(json.toArray(String[]::new)).assertOneLine("--html: expected SGD without clipping");
  }
}
