package io.rankfall.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.compress.RankPolicy.ParameterBudget;
import io.rankfall.train.InputShape;
import io.rankfall.train.LocalPerceptron;
import io.rankfall.train.Mlp;
import io.rankfall.train.RunSettings;
import io.rankfall.train.RunSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ShrinkingTest {
  private static final InputShape IMAGE = new InputShape(1, 28, 28);
  private static final Mlp LENET300 = new Mlp(784, List.of(300, 100), 10, Mlp.Normalization.NONE);

  /** 300 units are six for each of 49 squares, which are 4,704 weights; 4,900 for squares of 14. */
  @ParameterizedTest
  @CsvSource({"0.12, 4, 6", "0.05, 4, 6", "0.02, 4, 2", "0.01, 4, 1", "0.05, 7, 6", "0.01, 7, 1"})
  void aLocalLayerHasTheUnitsOfTheWholeOneOrTwoFifthsOfTheBudget(
      double share, int side, int units) {
    LocalPerceptron local = Shrinking.local(LENET300, IMAGE, new ParameterBudget(share), side);

    assertThat(local).isEqualTo(new LocalPerceptron(LENET300, IMAGE, side, units));
    assertThat(784L * units).isLessThanOrEqualTo((long) (0.4 * share * LENET300.parameters()));
  }

  @Test
  void budgetsThatLeaveNoUnitOrNothingToFactorAreRefused() {
    assertThatThrownBy(() -> Shrinking.local(LENET300, IMAGE, new ParameterBudget(0.002), 4))
        .hasMessage(
            "local layer: expected a unit for each of 49 squares, found a budget of 533 parameters and 300 units");
    Mlp narrow = new Mlp(784, List.of(48), 10, Mlp.Normalization.NONE);
    assertThatThrownBy(() -> Shrinking.local(narrow, IMAGE, new ParameterBudget(0.1), 4))
        .hasMessageContaining("and 48 units");
    assertThatThrownBy(() -> Shrinking.local(LENET300, IMAGE, new ParameterBudget(0.14), 4))
        .hasMessage(
            "local layer: expected a budget below the 35,508 parameters that it leaves, found 37,325");
    InputShape row = InputShape.flat(784);
    assertThatThrownBy(() -> Shrinking.local(LENET300, row, new ParameterBudget(0.05), 4))
        .hasMessageContaining("fill an image of 1x784");
  }

  /** 60,000 examples in batches of 16 are 3,750 steps an epoch. */
  @ParameterizedTest
  @CsvSource({
    "10, 1e-3, 5e-4",
    "40, 1e-3, 5e-4",
    "50, 1e-3, 4e-4",
    "1000, 1e-3, 2e-4",
    "40, 0, 0",
    "40, 1e-4, 1e-4"
  })
  void aLocalNetworkIsTrainedOnAtTheFullRateWithLittleDecay(
      int epochs, double weightDecay, double decay) {
    RunSpec spec =
        new RunSettings().learningRate(0.1).weightDecay(weightDecay).spec("images", IMAGE, 10);

    FineTuning.Recipe recipe = Shrinking.localRecipe(spec, 60_000, epochs);

    FineTuning.Recipe usual = FineTuning.Recipe.of(spec);
    assertThat(recipe)
        .isEqualTo(new FineTuning.Recipe(epochs, 0.1, decay, usual.distillation(), 1));
    assertThat(Shrinking.localEpochs(spec)).isEqualTo(2 * spec.epochs());
  }
}
