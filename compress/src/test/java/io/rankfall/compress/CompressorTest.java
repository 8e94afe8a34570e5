package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.compress.RankPlan.Dense;
import io.rankfall.compress.RankPlan.Factored;
import io.rankfall.compress.RankPolicy.Division;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompressorTest {
  @ParameterizedTest
  @EnumSource(Division.class)
  void aBudgetIsMetInTheModelThatResults(Division division) throws Exception {
    OnnxModel model = Networks.mlp(1, 30, 40, 40, 5);
    Compressor compressor = new Compressor(model);
    RankPlan plan = compressor.plan(new ParameterBudget(0.4, division));
    OnnxModel smaller = compressor.apply(plan);
    assertThat(plan.share()).isLessThanOrEqualTo(0.4).isGreaterThan(0.3);
    assertThat(smaller.parameters()).isEqualTo(plan.parameters());
    assertThat(smaller.bytes()).isLessThan(model.bytes());
    assertThat(smaller.inputs()).isEqualTo(model.inputs());
    assertThat(smaller.metadata()).isEqualTo(model.metadata());
  }

  @Test
  void anImpossibleBudgetNamesTheBest() throws Exception {
    OnnxModel model = Networks.mlp(1, 30, 40, 5);
    Compressor compressor = new Compressor(model);
    long best = 70 + 40 + 45 + 5;
    assertThatThrownBy(() -> compressor.plan(new ParameterBudget(0.05, Division.GLOBAL)))
        .isInstanceOf(BudgetException.class)
        .hasMessageContaining("at best %,d of %,d".formatted(best, model.parameters()));
  }

  @Test
  void ranksBeyondBreakEvenStayDense() throws Exception {
    RankPlan plan = new Compressor(Networks.mlp(1, 30, 40, 5)).plan(new RankPolicy.Uniform(6));
    assertThat(plan.layers().get(0).choice()).isEqualTo(new Factored(6));
    assertThat(plan.layers().get(1).choice())
        .isEqualTo(new Dense("rank 6 makes 5x40 no smaller, only ranks to 4 do"));
  }

  @Test
  void biasesKeepTheMeanExact() throws Exception {
    OnnxModel model = Networks.mlp(3, 20, 24);
    Rows rows = Networks.rows(4, 400, 20);
    Calibration calibration = Calibration.gather(model, ModelInputs.of(rows));
    Compressor compressor = new Compressor(model, new Objective.DataAware(calibration));
    OnnxModel smaller = compressor.apply(compressor.plan(new RankPolicy.Uniform(2)));
    double[] dense = means(model, rows);
    double[] kept = means(smaller, rows);
    for (int i = 0; i < dense.length; i++) {
      assertThat(kept[i]).isCloseTo(dense[i], within(1e-4));
    }
  }

  private static double[] means(OnnxModel model, Rows rows) throws ModelFormatException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      Rows logits = session.logits(rows);
      return IntStream.range(0, logits.width())
          .mapToDouble(
              j ->
                  IntStream.range(0, logits.count()).mapToDouble(i -> logits.get(i, j)).sum()
                      / logits.count())
          .toArray();
    }
  }
}
