package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankfall.train.theory.BoundCheck;
import io.rankfall.train.theory.MemoryWindow;
import io.rankfall.train.theory.RankBound;
import io.rankfall.train.theory.TheoryPreset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TheoryCommandTest {
  private static final String SMALL =
      "theory --hidden 250 --examples 700 --batch-size 1 --lr 0.02 --weight-decay 0.5 --epochs 1";

  private static Ran run(String line) {
    return Ran.run(line.split(" "));
  }

  @Test
  void aTrainingWithAShortWindowKeepsToItsBound() {
    Ran ran = run(SMALL + " --epsilon 0.2,0.001");
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    // 0.99^n ≤ 0.1: 230 steps.
    assertThat(ran.out())
        .contains("784-250-10 on fashion-mnist-700: B = 1")
        .contains("the paper's λ = 0.25")
        .contains("230 steps at ε = 0.2")
        .containsPattern("fc1 +0.2 +230 +230 +[0-9]+ +250 +HOLDS +[0-9]+ below")
        .containsPattern("fc1 +0.001 +757 +757 +[0-9]+ +250 +VACUOUS +any matrix does")
        .containsPattern("Test accuracy after epoch 1: [0-9.]+ %; always naming .* has 10.0 %")
        .containsPattern(
            "As the theory says: all 64 gradients looked at, all [0-9]+ identities, and")
        .doesNotContain("COLLAPSED")
        .doesNotContain("none of it is success");
    assertThat(ran.err()).contains("1/1");
  }

  /** Decay that is too strong leaves a matrix of low rank that has learned nothing. */
  @Test
  void aCollapsedNetworkIsCalledOne() {
    Ran ran =
        run(
            "theory --hidden 20 --examples 300 --batch-size 1 --lr 0.02 --weight-decay 10 --epochs 1");
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out().replaceAll("\\s+", " "))
        .contains("class has 10.0 %. THE NETWORK HAS COLLAPSED, or never learned.")
        .contains("But none of it is success: with 10.0 % on the test examples");
  }

  /** Its weights end as the smallest numbers that single precision has. */
  @Test
  void aNetworkThatForgotEverythingViolatesNothing() {
    Ran ran =
        run(
            "theory --hidden 30 --examples 300 --batch-size 1 --lr 0.02 --weight-decay 5 --epochs 4"
                + " --momentum 0.5 --epsilon 0.3,0.001");
    assertThat(ran.exitCode()).as(ran.out() + ran.err()).isZero();
    assertThat(ran.out()).contains("COLLAPSED");
  }

  @Test
  void jsonHoldsEverythingAndThePageIsDrawnFromIt(@TempDir Path temporary) throws IOException {
    Path page = temporary.resolve("theory.html");
    Ran ran = run(SMALL + " --epsilon 0.2 --samples 1000 --json --html " + page);
    assertThat(ran.err()).contains("Report: " + page);
    assertThat(page).content().contains("fashion-mnist-700").contains("\"fc1\"");
    JsonNode report = new ObjectMapper().readTree(ran.out());
    assertThat(report.at("/holds").asBoolean()).isTrue();
    assertThat(report.at("/spec/batchSize").asInt()).isEqualTo(1);
    assertThat(report.at("/accuracy/guess").asDouble()).isEqualTo(0.1);
    assertThat(report.at("/accuracy/collapsed").isBoolean()).isTrue();
    assertThat(report.at("/settings/depth").asText()).isEqualTo("FULL");
    assertThat(report.at("/layers/0/gradients").size()).as("every step").isEqualTo(700);
    JsonNode check = report.at("/layers/0/epochs/1/checks/0/apriori");
    assertThat(check.at("/verdict").asText()).isEqualTo("HOLDS");
    assertThat(check.at("/bound/rank").asInt()).isEqualTo(230);
    assertThat(check.at("/slack").asInt()).isEqualTo(230 - check.at("/measuredRank").asInt());
  }

  @Test
  void aRunIsReplayedAndArrivesAtItsWeights() {
    Ran ran = Ran.run("theory", TrainedRun.folder().toString());
    assertThat(ran.exitCode()).as(ran.out() + ran.err()).isZero();
    assertThat(ran.err()).contains("arrived at the run's weights, to the bit");
    assertThat(ran.out()).contains("VACUOUS").contains("B = 128");
  }

  @ParameterizedTest
  @CsvSource({"0, 230", "0.5, 168"})
  void aRunWhoseRateFallsAlongACosineIsReplayed(
      double momentum, int window, @TempDir Path temporary) {
    String out = temporary.resolve("run").toString();
    Ran train =
        run(
            "train --hidden 400 --examples 600 --batch-size 1 --lr 0.02 --weight-decay 1 --epochs 2"
                + " --cosine 2 --momentum %s --out %s".formatted(momentum, out));
    assertThat(train.exitCode()).as(train.err()).isEqualTo(ExitCode.OK);

    Ran ran = Ran.run("theory", out, "--epsilon=0.2");

    assertThat(ran.exitCode()).as(ran.out() + ran.err()).isEqualTo(ExitCode.OK);
    assertThat(ran.err()).contains("arrived at the run's weights, to the bit");
    assertThat(ran.out())
        .contains("As the theory says")
        .containsPattern("fc1 +0.2 +%d +%d +[0-9]+ +400 +HOLDS".formatted(window, window));
  }

  @Test
  void aVerdictNotDrawnYetSaysWhatIsMissing() {
    RankBound bound = new RankBound(new MemoryWindow(0.1, 40L, 40L), 1, 1, 100, 90);
    assertThat(TheoryText.reason(notYet(bound, 30, 45L))).isEqualTo("from step 45 on");
    assertThat(TheoryText.reason(notYet(bound, 30, null))).isEqualTo("no training is long enough");
    assertThat(TheoryText.reason(notYet(bound, 60, null))).isEqualTo("norms not measured");
  }

  private static BoundCheck notYet(RankBound bound, long steps, @Nullable Long needed) {
    return BoundCheck.of(bound, new BoundCheck.Measured(5, steps, 1, null, 0), needed);
  }

  @Test
  void aRunOnATextIsReplayed(@TempDir Path temporary) {
    String out = temporary.resolve("run").toString();
    Ran train =
        Ran.run(
            "train",
            "--data=austen-40",
            "--arch=gpt:depth=1,width=8,heads=2",
            "--epochs=1",
            "--out=" + out);
    assertThat(train.exitCode()).as(train.err()).isEqualTo(ExitCode.OK);

    Ran ran = Ran.run("theory", out);

    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.OK);
    assertThat(ran.err()).contains("arrived at the run's weights, to the bit");
    assertThat(ran.out()).contains("block1.query");
  }

  @Test
  void aRunOfOtherWeightsIsAFinding(@TempDir Path temporary) throws IOException {
    for (String name : new String[] {"run.json", "model.safetensors"}) {
      Files.copy(TrainedRun.folder().resolve(name), temporary.resolve(name));
    }
    Path model = temporary.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(model);
    bytes[bytes.length - 1] ^= 1;
    bytes[bytes.length / 2] ^= 1;
    Files.write(model, bytes);
    Ran ran = Ran.run("theory", temporary.toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FINDING);
    assertThat(ran.err()).contains("expected the replay to arrive at the run's weights");
  }

  @Test
  void aDivergedTrainingIsAFinding() {
    Ran ran =
        run("theory --hidden 16 --examples 300 --batch-size 1 --lr 30 --weight-decay 0 --epochs 1");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FINDING);
    assertThat(ran.out()).contains("diverged at epoch 1");
  }

  @ParameterizedTest
  @CsvSource({
    "theory --epsilon 1, 'epsilon: expected above 0 and below 1, found 1.0'",
    "theory --epsilon 0, 'epsilon: expected above 0 and below 1, found 0.0'",
    "theory --lr 1 --weight-decay 1, 'learningRate*weightDecay < 1, as a step keeps the share'",
    "theory --examples 60001, 'examples: expected 1 to the 60000 of fashion-mnist, found 60001'",
    "theory --preset best, 'preset: expected one of one-example, '",
    "theory --preset wide --lr 1, '--lr: expected no settings beside a preset'",
    "theory somewhere --preset wide, '--preset: expected a preset or a run, found both'",
    "theory somewhere --seed 2, '--seed: expected no settings beside a run'",
    "theory --memory 0, '--memory: expected >= 1 MiB, found 0'",
    "theory --memory -5, '--memory: expected >= 1 MiB, found -5'",
    "theory --explorer, '--explorer: expected with --html, found without'",
  })
  void refusesInOneLine(String line, String message) {
    Ran ran = run(line);
    ran.assertOneLine(message);
    assertThat(ran.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(ran.out()).isEmpty();
  }

  @Test
  void aFolderWithoutARunIsAFailure(@TempDir Path temporary) {
    Ran ran = Ran.run("theory", temporary.toString());
    ran.assertOneLine("run.json: expected a run, found no file");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
  }

  @Test
  void aPageThatCannotBeWrittenIsAFailureBeforeTheTraining(@TempDir Path temporary) {
    Ran ran = run(SMALL + " --html " + temporary.resolve("no/such.html"));
    ran.assertOneLine("no/such.html");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
  }

  @Test
  void helpNamesEveryPreset() {
    String help = Ran.run("theory", "--help").out();
    for (TheoryPreset preset : TheoryPreset.ALL) {
      assertThat(help).contains("  " + preset.name() + " ");
      assertThat(TheoryPreset.named(preset.name())).isEqualTo(preset);
    }
    assertThat(help).contains("Examples:").contains("VIOLATED");
    assertThat(Ran.run("--help").out()).contains("theory");
  }
}
