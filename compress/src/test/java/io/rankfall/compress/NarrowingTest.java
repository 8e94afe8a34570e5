package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.compress.Objective.DataAware;
import io.rankfall.compress.Objective.Order;
import io.rankfall.compress.RankPolicy.Division;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class NarrowingTest {
  private static final Rows ROWS = Networks.rows(4, 400, 10);

  @Property(tries = 30)
  void planSaysWhatTheModelHasAndKeepsToTheBudget(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.25, max = 1) double share) throws Exception {
    OnnxModel model = Networks.mlp(seed, 10, 24, 18, 5);
    Compressor compressor = Compressor.dataAware(model, ModelInputs.of(ROWS));
    RankPlan plan = compressor.plan(budget(share));
    assertThat(plan.parameters()).isLessThanOrEqualTo((long) (share * model.parameters()));
    OnnxModel small = compressor.apply(plan);
    assertThat(small.parameters()).isEqualTo(plan.parameters());
    for (int i = 1; i < plan.layers().size(); i++) {
      assertThat(plan.layers().get(i).keptCols()).isEqualTo(plan.layers().get(i - 1).keptRows());
    }
    long weights = plan.layers().stream().mapToLong(RankPlan.Layer::parameters).sum();
    long biases = plan.layers().stream().mapToLong(RankPlan.Layer::keptRows).sum();
    assertThat(weights + biases).isEqualTo(plan.parameters());
  }

  /** Wide layers on few inputs: most units can be made of others. */
  @Property(tries = 15)
  void losesLessThanRanksAlone(@ForAll long seed) throws Exception {
    OnnxModel model = Networks.mlp(seed, 10, 60, 60, 5);
    Calibration seen = Calibration.gather(model, ModelInputs.of(ROWS));
    Calibration known = seen.with(OutputCurvature.measure(model, ModelInputs.of(ROWS)));
    Compressor ranks = new Compressor(model, new DataAware(known, Order.SEQUENTIAL));
    Compressor both = Compressor.dataAware(model, known, Order.SEQUENTIAL);
    // Of other rows of the same kind: the first half of a longer sample is what was seen.
    Rows others = Networks.rows(4, 800, 10).slice(400, 800);
    Rows dense = Networks.outputs(model, others);
    for (double share : new double[] {0.3, 0.2}) {
      double lost =
          Networks.distance(
              Networks.outputs(ranks.apply(ranks.plan(budget(share))), others), dense);
      RankPlan plan = both.plan(budget(share));
      assertThat(plan.isNarrowed()).isTrue();
      assertThat(Networks.distance(Networks.outputs(both.apply(plan), others), dense))
          .isLessThan(0.9 * lost);
    }
  }

  @Test
  void plansAreAppliedInAnyOrder() throws Exception {
    OnnxModel model = Networks.mlp(1, 10, 24, 18, 5);
    Compressor compressor = Compressor.dataAware(model, ModelInputs.of(ROWS));
    RankPlan large = compressor.plan(budget(0.6));
    RankPlan small = compressor.plan(budget(0.3));
    OnnxModel first = compressor.apply(large);
    OnnxModel second = compressor.apply(small);
    assertThat(first.parameters()).isEqualTo(large.parameters());
    assertThat(second.parameters()).isEqualTo(small.parameters()).isLessThan(first.parameters());
    OnnxModel again =
        Compressor.dataAware(model, ModelInputs.of(ROWS)).apply(compressor.plan(budget(0.6)));
    assertThat(again.proto()).isEqualTo(first.proto());
  }

  @Test
  void ranksAndEnergyLeaveTheUnitsAlone() throws Exception {
    OnnxModel model = Networks.mlp(1, 10, 24, 18, 5);
    Compressor compressor = Compressor.dataAware(model, ModelInputs.of(ROWS));
    assertThat(compressor.plan(new RankPolicy.Uniform(3)).isNarrowed()).isFalse();
    assertThat(compressor.plan(new RankPolicy.Energy(0.9)).isNarrowed()).isFalse();
    assertThat(compressor.plan(new ParameterBudget(0.4, Division.ENERGY)).isNarrowed()).isFalse();
  }

  @Test
  void nothingIsLostWhereTheBudgetAllowsAll() throws Exception {
    OnnxModel model = Networks.mlp(1, 10, 24, 18, 5);
    Compressor compressor = Compressor.dataAware(model, ModelInputs.of(ROWS));
    OnnxModel same = compressor.apply(compressor.plan(budget(1)));
    assertThat(Networks.distance(Networks.outputs(same, ROWS), Networks.outputs(model, ROWS)))
        .isLessThan(1e-3);
  }

  @Test
  void refusesPlansThatAreNotOfThisModel() throws Exception {
    OnnxModel model = Networks.mlp(1, 10, 24, 18, 5);
    Compressor compressor = Compressor.dataAware(model, ModelInputs.of(ROWS));
    RankPlan plan = compressor.plan(budget(0.3));
    assertThat(plan.isNarrowed()).isTrue();
    assertThatThrownBy(() -> new Compressor(model).apply(plan))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("plan: expected all units kept, found fewer");
    Compressor other = Compressor.dataAware(Networks.mlp(1, 10, 26, 18, 5), ModelInputs.of(ROWS));
    assertThatThrownBy(() -> other.apply(plan))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("plan: expected layer fc1 26x10, found");
    List<RankPlan.Layer> torn = new ArrayList<>(plan.layers());
    RankPlan.Layer second = torn.get(1);
    torn.set(
        1,
        new RankPlan.Layer(
            second.name(),
            second.rows(),
            second.cols(),
            second.choice(),
            second.parameters(),
            second.lossShare(),
            second.keptRows(),
            second.keptCols() + 1));
    RankPlan unfit = new RankPlan(torn, plan.parameters(), plan.denseParameters());
    assertThatThrownBy(() -> compressor.apply(unfit))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("plan: expected layer fc2");
    assertThatThrownBy(() -> new RankPlan.Layer("fc1", 4, 5, new RankPlan.Dense(""), 20, 0, 5, 5))
        .hasMessage("layer fc1: expected to keep 1x1 to 4x5, found 5x5");
  }

  private static ParameterBudget budget(double share) {
    return new ParameterBudget(share, Division.GLOBAL);
  }
}
