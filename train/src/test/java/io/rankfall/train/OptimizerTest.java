package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.train.Optimizer.DecayOn;
import io.rankfall.train.Optimizer.Method;
import io.rankfall.train.theory.TheoryProbe;
import io.rankfall.train.theory.TheorySettings;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What optimizers, schedules and losses refuse, and what specs of them are called. */
final class OptimizerTest {
  /** As written before there was a choice of optimizers, and once more before that. */
  private static final String FORMER =
      """
      {"architecture":{"hidden":[8],"inputs":784,"normalization":"NONE","outputs":10},\
      "batchSize":16,"dataset":"fashion-mnist","epochs":20,"initialization":"HE",\
      "learner":"FUSED","%s":{"learningRate":0.1,"momentum":0.9,\
      "schedule":{"factor":0.2,"milestones":[3]},"weightDecay":0.001},"seed":1}""";

  private static RunSettings small() {
    return new RunSettings().hidden(List.of(8));
  }

  private static RunSpec former() {
    return small()
        .momentum(0.9)
        .milestones(List.of(3))
        .spec("fashion-mnist", new InputShape(1, 28, 28), 10);
  }

  private static RunSpec everythingNew() {
    return small()
        .method(Method.ADAMW)
        .learningRate(1e-3)
        .decayOn(DecayOn.MATRICES)
        .clipNorm(1.5)
        .cosineEpochs(20)
        .cosineFloor(0.1)
        .warmUpEpochs(2)
        .loss(Loss.MSE)
        .spec("fashion-mnist", new InputShape(1, 28, 28), 10);
  }

  @Test
  void aSpecThatCouldBeAskedForBeforeIsWrittenAsBefore() {
    assertThat(former().json()).isEqualTo(FORMER.formatted("optimizer"));
    for (String name : List.of("optimizer", "sgd")) {
      RunSpec read = RunSpec.ofJson(FORMER.formatted(name));
      assertThat(read).isEqualTo(former());
      assertThat(read.id()).isEqualTo("f6e9f3406eaded7b");
    }
  }

  @Test
  void aSpecWithAllThatIsNewComesBackFromAnyMapper() throws Exception {
    RunSpec spec = everythingNew();
    assertThat(RunSpec.ofJson(spec.json())).isEqualTo(spec);
    JsonMapper other = new JsonMapper();
    assertThat(other.readValue(other.writeValueAsString(spec), RunSpec.class)).isEqualTo(spec);
    assertThat(other.writeValueAsString(former())).doesNotContain("loss", "method", "clipNorm");
  }

  @Test
  void everySettingGivesAnotherName() {
    RunSettings[] all = {
      small(),
      small().method(Method.ADAMW),
      small().method(Method.MUON),
      small().method(Method.NESTEROV).momentum(0.9),
      small().momentum(0.9),
      small().decayOn(DecayOn.MATRICES),
      small().clipNorm(1),
      small().loss(Loss.MSE),
      small().cosineEpochs(20),
      small().cosineEpochs(21),
      small().cosineEpochs(20).cosineFloor(0.1),
      small().warmUpEpochs(1),
      small().learner(LearnerKind.DJL),
    };
    Set<String> names = new HashSet<>();
    for (RunSettings settings : all) {
      names.add(settings.spec("fashion-mnist", new InputShape(1, 28, 28), 10).id());
    }
    assertThat(names).hasSize(all.length);
  }

  @ParameterizedTest
  @CsvSource({
    "SGD, 0.9, 0, FUSED",
    "NESTEROV, 0.9, 0, FUSED",
    "SGD, 0, 1, DJL",
    "ADAMW, 0, 0, DJL",
    "MUON, 0, 0, DJL"
  })
  void theEngineIsTheFastestThatTrainsSo(
      Method method, double momentum, double clipNorm, LearnerKind expected) {
    RunSettings settings = small().method(method).momentum(momentum).clipNorm(clipNorm);
    assertThat(settings.spec("fashion-mnist", new InputShape(1, 28, 28), 10).learner())
        .isEqualTo(expected);
    assertThat(
            settings
                .learner(LearnerKind.DJL)
                .spec("fashion-mnist", new InputShape(1, 28, 28), 10)
                .learner())
        .isEqualTo(LearnerKind.DJL);
  }

  @Test
  void whatTheFusedEngineCannotDoIsRefused() {
    assertThatThrownBy(
            () ->
                small()
                    .method(Method.MUON)
                    .learner(LearnerKind.FUSED)
                    .spec("fashion-mnist", new InputShape(1, 28, 28), 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "optimizer: expected SGD or NESTEROV with learner FUSED, found MUON;"
                + " --learner djl can");
    assertThatThrownBy(
            () ->
                small()
                    .clipNorm(0.5)
                    .learner(LearnerKind.FUSED)
                    .spec("fashion-mnist", new InputShape(1, 28, 28), 10))
        .hasMessage("clip norm: expected 0, none with learner FUSED, found 0.5; --learner djl can");
  }

  @Test
  void settingsThatDoNotGoTogetherAreRefused() {
    assertRefused(
        small().method(Method.NESTEROV), "momentum: expected above 0 with NESTEROV, found 0");
    assertRefused(
        small().method(Method.ADAMW).momentum(0.9),
        "momentum: expected 0 with ADAMW, which has its own, found 0.9");
    assertRefused(small().clipNorm(-1), "clip norm: expected >= 0, 0 for none, found -1.0");
    assertRefused(
        small().cosineEpochs(5).milestones(List.of(3)),
        "milestones: expected none beside a cosine, found [3]");
    assertRefused(small().cosineFloor(0.1), "cosine floor: expected 0 without a cosine, found 0.1");
    assertRefused(small().cosineEpochs(-1), "cosine epochs: expected >= 1, found -1");
    assertRefused(
        small().cosineEpochs(20).cosineFloor(1.5), "cosine floor: expected 0 to 1, found 1.5");
    assertRefused(small().warmUpEpochs(-1), "warm-up epochs: expected >= 1, found -1");
    assertRefused(
        small().cosineEpochs(19),
        "epochs: expected none at learning rate 0 (cosine to ×0.0 in 19 epochs), found 20");
    assertThatThrownBy(() -> new WarmUp(1, new WarmUp(1, StepSchedule.CONSTANT)))
        .hasMessage("warm-up: expected one, found one after another");
  }

  private static void assertRefused(RunSettings settings, String message) {
    assertThatThrownBy(() -> settings.spec("fashion-mnist", new InputShape(1, 28, 28), 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void theoryIsAskedOfSgdOnly() {
    assertThatThrownBy(
            () -> new TheoryProbe(everythingNew(), Cases.fashion(), TheorySettings.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "theory: expected optimizer SGD without clipping, found ADAMW with clip norm 1.5: Adam"
                + " divides every entry of a gradient by its own size: an update is no sum of few"
                + " gradients, and no bound on the rank follows.");
  }

  @Test
  void behindACosineTheRateStaysAndAWarmUpMultiplies() {
    Schedule cosine = new CosineSchedule(4, 0.1);
    assertThat(cosine.factor(4)).isGreaterThan(0.1);
    assertThat(cosine.factor(5)).isEqualTo(0.1);
    assertThat(cosine.factor(50)).isEqualTo(0.1);
    Schedule warm = new WarmUp(3, cosine);
    assertThat(warm.factor(2)).isEqualTo(cosine.factor(2) * 0.5);
    assertThat(warm.factor(4)).isEqualTo(cosine.factor(4));
  }

  @Test
  void aStepSaysForPeopleHowItDiffers() {
    assertThat(former().stepLabel()).isEmpty();
    assertThat(everythingNew().stepLabel())
        .isEqualTo("ADAMW, decay on MATRICES, clip norm 1.5, MSE");
    assertThat(everythingNew().optimizer().schedule().label())
        .isEqualTo("2 epochs of warm-up, cosine to ×0.1 in 20 epochs");
  }
}
