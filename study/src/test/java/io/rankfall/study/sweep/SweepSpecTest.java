package io.rankfall.study.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.study.sweep.SweepSpec.Overrides;
import io.rankfall.train.CosineSchedule;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.RunSpec;
import io.rankfall.train.WarmUp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SweepSpecTest {
  private static SweepSpec of(String... lines) throws SweepFormatException {
    return SweepSpec.of("s.yaml", String.join("\n", lines), Overrides.NONE);
  }

  @Test
  void aGridIsEveryCombinationWithEverySeed() throws Exception {
    SweepSpec sweep =
        of(
            "name: mine",
            "method: grid",
            "settings:",
            "  hidden: [20, 10]",
            "  batchNorm: true",
            "  initialization: pytorch",
            "  epochs: 3",
            "  milestones: [1, 2]",
            "parameters:",
            "  batchSize: {values: [4, 8]}",
            "  lr:",
            "    values: [1e-3, .5]",
            "  weightDecay: {values: [0, 6e-3]}",
            "seeds: [7, 9]",
            "spectraEvery: 2");
    assertThat(sweep.name()).isEqualTo("mine");
    assertThat(sweep.spectraEvery()).isEqualTo(2);
    assertThat(sweep.runs()).hasSize(16);
    assertThat(sweep.runs().stream().map(RunSpec::id).distinct()).hasSize(16);
    RunSpec first = sweep.runs().get(0);
    assertThat(first.architecture())
        .isEqualTo(new Mlp(784, List.of(20, 10), 10, Mlp.Normalization.BATCH));
    assertThat(first.initialization()).isEqualTo(Initialization.PYTORCH);
    assertThat(first.batchSize()).isEqualTo(4);
    assertThat(first.optimizer().learningRate()).isEqualTo(1e-3);
    assertThat(first.optimizer().schedule().steps().milestones()).containsExactly(1, 2);
    assertThat(first.seed()).isEqualTo(7);
    RunSpec last = sweep.runs().get(15);
    assertThat(last.optimizer().learningRate()).isEqualTo(0.5);
    assertThat(last.optimizer().weightDecay()).isEqualTo(6e-3);
    assertThat(last.seed()).isEqualTo(9);
  }

  @Test
  void randomTrialsAreDrawnFromTheRangesAndBySeed() throws Exception {
    String[] lines = {
      "method: random",
      "trials: 300",
      "seed: 5",
      "parameters:",
      "  learningRate: {min: 0.001, max: 1, scale: log}",
      "  batchSize: {min: 4, max: 128, scale: log}",
      "  weightDecay: {min: 0, max: 0.01}",
      "  hidden: {values: [2x10, [30, 20]]}",
      "  momentum: {value: 0.9}"
    };
    SweepSpec sweep = of(lines);
    assertThat(sweep.runs()).hasSize(300);
    assertThat(sweep.runs()).isEqualTo(of(lines).runs());
    lines[2] = "seed: 6";
    assertThat(sweep.runs()).isNotEqualTo(of(lines).runs());
    double[] rates = sweep.runs().stream().mapToDouble(r -> r.optimizer().learningRate()).toArray();
    assertThat(Arrays.stream(rates)).allMatch(rate -> rate >= 0.001 && rate <= 1);
    // On a log scale a third of the draws lies in each decade.
    assertThat(Arrays.stream(rates).filter(rate -> rate < 0.01).count()).isBetween(70L, 130L);
    assertThat(sweep.runs()).allMatch(r -> r.batchSize() >= 4 && r.batchSize() <= 128);
    assertThat(sweep.runs()).allMatch(r -> r.optimizer().momentum() == 0.9);
    assertThat(sweep.runs().stream().map(r -> ((Mlp) r.architecture()).hidden()).distinct())
        .containsExactlyInAnyOrder(List.of(10, 10), List.of(30, 20));
  }

  @Test
  void optionsReplaceWhatTheFileSays() throws Exception {
    SweepSpec sweep =
        SweepSpec.read(
            "paper-mlp",
            new Overrides(
                Map.of(
                    Setting.BATCH_SIZE, List.of("16"),
                    Setting.EPOCHS, List.of("5"),
                    Setting.LEARNING_RATE, List.of("0.1", "0.5")),
                List.of(1L, 2L)));
    assertThat(sweep.runs()).hasSize(2 * 6 * 2);
    assertThat(sweep.runs()).allMatch(r -> r.batchSize() == 16 && r.epochs() == 5);
    SweepSpec alone =
        SweepSpec.ofOptions(
            new Overrides(Map.of(Setting.WEIGHT_DECAY, List.of("0", "1e-3")), List.of()));
    assertThat(alone.runs()).hasSize(2);
  }

  @Test
  void optimizersSchedulesAndLossesVaryAndTheEngineFollows() throws Exception {
    SweepSpec sweep =
        of(
            """
            settings: {lr: 0.01, warmUpEpochs: 2, cosineFloor: 0.1}
            parameters:
              optimizer: {values: [sgd, adamw]}
              decayOn: {values: [all, matrices]}
              clipNorm: {values: [0, 1.5]}
              loss: {values: [cross_entropy, mse]}
              cosineEpochs: {values: [20, 30]}
            """);
    assertThat(sweep.runs()).hasSize(32);
    RunSpec first = sweep.runs().get(0);
    RunSpec last = sweep.runs().get(31);
    assertThat(first.learner()).isEqualTo(LearnerKind.FUSED);
    assertThat(first.stepLabel()).isEmpty();
    assertThat(last.learner()).isEqualTo(LearnerKind.DJL);
    assertThat(last.stepLabel()).isEqualTo("ADAMW, decay on MATRICES, clip norm 1.5, MSE");
    assertThat(last.optimizer().schedule()).isEqualTo(new WarmUp(2, new CosineSchedule(30, 0.1)));
    assertThat(sweep.runs().stream().filter(run -> run.learner() == LearnerKind.FUSED)).hasSize(8);
  }

  @Test
  void theDataDecideInputsAndClasses() throws Exception {
    String yaml = "data: cifar100+pad36-500\nparameters: {batchSize: {values: [4, 500]}}";
    SweepSpec sweep = SweepSpec.of("s.yaml", yaml, Overrides.NONE);
    assertThat(sweep.runs()).hasSize(2);
    for (RunSpec run : sweep.runs()) {
      assertThat(run.dataset()).isEqualTo("cifar100+pad36-500");
      assertThat(run.architecture().inputs()).isEqualTo(3 * 36 * 36);
      assertThat(run.architecture().outputs()).isEqualTo(100);
    }
    SweepSpec other = SweepSpec.of("s.yaml", yaml, new Overrides(Map.of(), List.of(), "mnist-500"));
    assertThat(other.runs()).allMatch(run -> run.dataset().equals("mnist-500"));
    assertThat(other.text()).startsWith("# data: mnist-500\n").endsWith(yaml);
    assertThatThrownBy(() -> SweepSpec.of("s.yaml", yaml.replace("-500", "-499"), Overrides.NONE))
        .isInstanceOf(SweepFormatException.class)
        .hasMessageEndingWith("batch size: expected at most the 499 training examples, found 500");
    assertThatThrownBy(() -> SweepSpec.of("s.yaml", "data: imagenet", Overrides.NONE))
        .isInstanceOf(SweepFormatException.class)
        .hasMessageStartingWith("s.yaml: data set: expected one of fashion-mnist, mnist, ");
  }

  @Test
  void thePapersGridIsThePapers() throws Exception {
    SweepSpec grid = SweepSpec.read("paper-mlp", Overrides.NONE);
    assertThat(grid.runs()).hasSize(6 * 5 * 6);
    assertThat(((Mlp) grid.runs().get(0).architecture()).hidden()).hasSize(10).containsOnly(100);
    assertThat(grid.runs()).allMatch(r -> r.optimizer().momentum() == 0 && r.epochs() == 50);
    SweepSpec full = SweepSpec.read("paper-mlp-full", Overrides.NONE);
    assertThat(full.runs())
        .allMatch(r -> r.optimizer().schedule().steps().milestones().equals(List.of(60, 100, 200)));
    assertThat(full.spectraEvery()).isEqualTo(10);
    for (String preset : SweepSpec.PRESETS) {
      assertThat(SweepSpec.read(preset, Overrides.NONE).name()).isEqualTo(preset);
    }
  }

  @Test
  void aFileIsReadAndAMissingOneNamesThePresets(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("a.yaml"), "settings: {epochs: 2}");
    assertThat(SweepSpec.read(file.toString(), Overrides.NONE).runs()).hasSize(1);
    assertThatThrownBy(() -> SweepSpec.read("no.yaml", Overrides.NONE))
        .hasMessageStartingWith("no.yaml: expected a file or one of [ten-minutes, paper-mlp");
    Files.write(file, new byte[] {(byte) 0xc3, 0x28});
    assertThatThrownBy(() -> SweepSpec.read(file.toString(), Overrides.NONE))
        .hasMessageContaining("expected text in UTF-8");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1: method: gird|s.yaml:1: method: expected grid or random, found 'gird'",
        "1: parameters: {batchsize: {values: [4]}}|s.yaml:1: expected one of batchSize, ",
        "2: parameters: {batchSize: {values: [4, x]}}|s.yaml:2: batchSize: expected a whole number",
        "1: parameters: {batchSize: {values: []}}|s.yaml:1: batchSize: expected at least one value",
        "1: parameters: {batchSize: [4, 8]}|s.yaml:1: batchSize: expected {values: [...]}",
        "1: parameters: {batchSize: {min: 4, max: 8}}|s.yaml:1: batchSize: expected values in a grid",
        "1: parameters: {lr: {min: 4, max: 3}}|s.yaml:1: learningRate: expected numbers with min",
        "1: settings: {momentum: fast}|s.yaml:1: momentum: expected a number, found 'fast'",
        "1: settings: {epochs: 3, epochs: 4}|s.yaml:1: epochs: expected once, found twice",
        "1: settings: {batchNorm: yes}|s.yaml:1: batchNorm: expected one of false, true, found 'yes'",
        "1: settings: {hidden: 3x3x3}|s.yaml:1: hidden: expected widths such as 100,50 or 10x100",
        "1: settings: {optimizer: adam}|s.yaml:1: optimizer: expected one of SGD, NESTEROV, ADAMW, MUON",
        "1: settings: {optimizer: muon, learner: fused}|s.yaml: run with optimizer=muon, learner=fused: optimizer: expected SGD",
        "1: settings: 3|s.yaml:1: settings: expected a mapping, found '3'",
        "1: seeds: 0|s.yaml:1: seeds: expected a whole number from 1 to 100000, found '0'",
        "1: method: random|s.yaml:1: trials: expected a number with method random, found none",
        "1: epochs: 3|s.yaml:1: epochs: expected one of name, data, method, trials",
        "1: settings: [|s.yaml:1: expected YAML, found ",
        "1: settings: {batchSize: 0}|s.yaml: run with batchSize=0: batch size: expected >= 1",
      })
  void mistakesAreNamedWithTheirLine(String yaml, String message) {
    int line = Integer.parseInt(yaml.substring(0, 1));
    String text = "# comment\n".repeat(line - 1) + yaml.substring(3);
    assertThatThrownBy(() -> of(text))
        .isInstanceOf(SweepFormatException.class)
        .hasMessageStartingWith(message)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void nothingIsNoSweepAndTooManyRunsAreRefused() {
    assertThatThrownBy(() -> of("")).hasMessage("s.yaml: sweep: expected a mapping, found nothing");
    String many =
        "{values: [%s]}"
            .formatted(String.join(",", IntStream.range(1, 400).mapToObj(i -> "0." + i).toList()));
    assertThatThrownBy(
            () -> of("parameters:", "  lr: " + many, "  weightDecay: " + many, "seeds: 3"))
        .hasMessage("s.yaml: runs: expected at most 100,000, found more");
  }

  static List<String> presets() {
    return SweepSpec.PRESETS;
  }

  @ParameterizedTest
  @MethodSource("presets")
  void mutatedSpecificationsAreReadOrRefusedInOneLine(String preset) throws IOException {
    String whole = SweepSpec.preset(preset);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 1000; i++) {
      StringBuilder text = new StringBuilder(whole);
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, (char) random.nextInt(32, 127));
          case 1 -> text.deleteCharAt(at);
          default -> text.insert(at, "[]{}:,&*!|>-#%@`'\" \n09".charAt(random.nextInt(22)));
        }
      }
      try {
        assertThat(of(text.toString()).runs()).isNotEmpty();
      } catch (SweepFormatException e) {
        assertThat(e.getMessage()).startsWith("s.yaml").doesNotContain("\n");
      }
    }
  }
}
