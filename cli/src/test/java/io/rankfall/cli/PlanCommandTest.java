package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanCommandTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static Ran plan(String options) {
    return Ran.run(("plan " + options).split(" ", -1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--rank 3 | expected STUDY or --layer OUTxIN, found neither",
        "a.db --layer 3x4 --rank 3 | found both",
        "--layer 3x4 | --rank",
        "--layer 3-4 --rank 3 --batch-size 1 | expected OUTxIN such as 512x784, found '3-4'",
        "--layer 0x4 --rank 3 --batch-size 1 | expected OUTxIN",
        "--layer 3x4 --rank 2 | --batch-size: expected one with --layer, found 0",
        "--layer 3x4 --rank 2 --batch-size 1,2 | --batch-size: expected one",
        "--layer 3x4 --rank 2.5 --batch-size 1 | --rank: expected a whole number",
        "--layer 3x4 --rank 0 --batch-size 1 | rank: expected >= 1",
        "--layer 3x4 --rank 2 --batch-size 1 --epsilon 2 | epsilon: expected above 0 and below 1",
        "--layer 3x4 --rank 2 --batch-size 1 --lr 0.1 --weight-decay 1 | expected one number of one",
        "--layer 3x4 --rank 2 --batch-size 1 --weight-decay 0 | weight decay: expected > 0",
        "--layer 3x4 --rank 2 --batch-size 1 --lr -1 | learning rate: expected > 0",
        "--layer 3x4 --rank 2 --batch-size 1 --examples 0 | --examples: expected >= 1",
        "--layer 3x4 --rank 2 --batch-size 1 --min-accuracy 0.5 | --min-accuracy: expected with STUDY",
        "a.db --rank 2 --epsilon 0.1 | --epsilon: expected with --layer alone",
        "a.db --rank 2 --min-accuracy 88 | accuracy: expected 0 to 1, found 88.0"
      })
  void wrongUsageIsOneLineAndExitCode2(String options, String message) {
    Ran ran = plan(options);
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.USAGE);
    ran.assertOneLine(message);
  }

  @Test
  void theTheoremAnswersAndWarns() throws IOException {
    Ran ran = plan("--layer 512x784,10x512 --rank 64 --batch-size 16");
    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out())
        .contains("10×512: nothing is needed")
        .contains("µ·wd >= 0.6024")
        .contains("16·1·4 = 64")
        .contains("ended at chance (8 of 9 runs")
        .contains("the last 64");
    JsonNode json = JSON.readTree(plan("--layer 512x784 --rank 64 --batch-size 16 --json").out());
    assertThat(json.path("outcome").asText()).isEqualTo("NEEDED");
    assertThat(json.path("steps").asInt()).isEqualTo(4);
    assertThat(json.path("memory").path("outlook").asText()).isEqualTo("FORGETS");
    assertThat(json.path("leastTrainable").asLong()).isGreaterThan(200_000);
  }

  /** `theory --preset one-example` trains so, and reaches 49.2 %. */
  @Test
  void aPresetThatLearnsIsNotCalledCollapsed() {
    String out =
        plan("--layer 1024x784 --rank 299 --epsilon 0.1 --batch-size 1 --examples 3000")
            .out()
            .replaceAll("\\s+", " ");
    assertThat(out)
        .contains("0.033 epochs")
        .contains("One wide layer on 3,000 images learned, but far less: 49 to 60 %")
        .doesNotContain("collapse");
  }

  @Test
  void thePrintedNumberIsEnoughThoughItIsRounded() throws IOException {
    Ran ran = plan("--layer 512x784 --rank 500 --batch-size 3 --lr 0.3 --json");
    double exact = JSON.readTree(ran.out()).path("weightDecay").asDouble();
    String printed = plan("--layer 512x784 --rank 500 --batch-size 3 --lr 0.3").out();
    double shown =
        Double.parseDouble(
            printed
                .lines()
                .filter(l -> l.contains("wd >="))
                .findFirst()
                .orElseThrow()
                .strip()
                .split(" ", -1)[2]);
    assertThat(shown).isBetween(exact, exact * 1.001);
    assertThat(plan("--layer 512x784 --rank 500 --batch-size 3 --weight-decay 0.02").out())
        .contains("µ >= ")
        .contains("at wd = 0.02");
    assertThat(BoundAnswer.roundedUp(0.99999, 1)).isEqualTo("0.99999");
  }

  @Test
  void whatCannotBePromisedIsAFindingThatSaysWhatCan() {
    Ran ran = plan("--layer 512x784 --rank 64 --batch-size 128");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FINDING);
    assertThat(ran.out())
        .contains("no decay promises rank 64")
        .contains("rank 128 or more at this batch size, or batches of up to 64");
    assertThat(plan("--layer 64x576 --rank 32 --batch-size 1 --positions 49").out())
        .contains("not even a single example has less");
    assertThat(plan("--layer 512x784 --rank 16 --batch-size 16 --epsilon 1e-17").out())
        .contains("in double precision");
    Ran free = plan("--layer 512x784 --rank 512 --batch-size 128");
    assertThat(free.exitCode()).isZero();
    assertThat(free.out()).contains("nothing is needed").doesNotContain("Warning");
  }

  @Test
  void longMemoriesAreNotWarnedOf() {
    assertThat(plan("--layer 5000x5000 --rank 4000 --batch-size 1 --examples 500").out())
        .contains("This trains");
    assertThat(plan("--layer 5000x5000 --rank 4000 --batch-size 1 --examples 2000").out())
        .contains("Warning: such weights", "0 to 11");
  }

  @Test
  void helpAndMissingStudies() {
    for (String command : new String[] {"plan", "generalization"}) {
      assertThat(Ran.run("help", command).out()).contains("Examples:", "rankfall " + command);
    }
    Ran ran = plan("none.db --rank 3");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    ran.assertOneLine("none.db");
  }

  @Test
  void boundsOfATrainedNetworkAreCalledLoose(@TempDir Path folder) throws IOException {
    Ran ran = Ran.run("generalization", TrainedRun.folder().toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out())
        .contains("a gap of")
        .contains("All 3 whole bounds are vacuous")
        .contains("Bartlett")
        .contains("25×785");
    JsonNode json =
        JSON.readTree(Ran.run("generalization", TrainedRun.folder().toString(), "--json").out());
    JsonNode run = JSON.readTree(TrainedRun.folder().resolve("run.json").toFile());
    JsonNode epochs = run.path("result").path("epochs");
    assertThat(json.path("margins").path("testAccuracy").asDouble())
        .as("the file holds the network that was trained")
        .isEqualTo(epochs.get(epochs.size() - 1).path("testAccuracy").asDouble());
    Files.copy(TrainedRun.folder().resolve("run.json"), folder.resolve("run.json"));
    Ran missing = Ran.run("generalization", folder.toString());
    assertThat(missing.exitCode()).isEqualTo(ExitCode.FAILURE);
    missing.assertOneLine("model.safetensors");
  }
}
