package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.compress.RankPolicy.Division;
import io.rankfall.spectra.LowRank;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class BudgetDivisionTest {
  @Property(tries = 500)
  void globalIsTheBestThereIs(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 3) int count,
      @ForAll @DoubleRange(min = 0, max = 1) double share) {
    List<RankOptions> layers = layers(seed, count);
    long least = layers.stream().mapToLong(o -> o.cost(0)).sum();
    long most = layers.stream().mapToLong(o -> o.cost(o.size() - 1)).sum();
    long budget = least + (long) (share * (most - least));
    double best = bruteForce(layers, 0, budget);
    for (Division division : Division.values()) {
      int[] chosen = BudgetDivision.divide(layers, budget, division);
      assertThat(BudgetDivision.cost(layers, chosen)).isLessThanOrEqualTo(budget);
      double loss = BudgetDivision.loss(layers, chosen);
      if (division == Division.GLOBAL) {
        assertThat(loss).isCloseTo(best, within(1e-12));
      } else {
        assertThat(loss).isGreaterThanOrEqualTo(best - 1e-12);
      }
    }
  }

  @Property(tries = 200)
  void uniformAndEnergyTakeTheLargestThatFits(@ForAll long seed) {
    List<RankOptions> layers = layers(seed, 3);
    long least = layers.stream().mapToLong(o -> o.cost(0)).sum();
    long budget = least + new SplittableRandom(seed).nextLong(400);
    int[] uniform = BudgetDivision.divide(layers, budget, Division.UNIFORM);
    int rank = 1;
    for (int i = 0; i < 3; i++) {
      rank = Math.max(rank, uniform[i] + 1);
    }
    long more = 0;
    for (RankOptions options : layers) {
      more += options.cost(options.atRank(rank + 1));
    }
    boolean allDense = layers.stream().allMatch(o -> o.isDense(o.atRank(rank(uniform))));
    assertThat(allDense || more > budget).isTrue();
  }

  private static int rank(int[] options) {
    int rank = 1;
    for (int option : options) {
      rank = Math.max(rank, option + 1);
    }
    return rank;
  }

  private static List<RankOptions> layers(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    List<RankOptions> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int rows = 1 + random.nextInt(14);
      int cols = 1 + random.nextInt(14);
      double[] losses = new double[LowRank.breakEvenRank(rows, cols)];
      double loss = 1;
      for (int k = 0; k < losses.length; k++) {
        loss *= random.nextDouble();
        losses[k] = loss;
      }
      layers.add(new RankOptions(rows, cols, losses));
    }
    return layers;
  }

  private static double bruteForce(List<RankOptions> layers, int index, long left) {
    if (index == layers.size()) {
      return left < 0 ? Double.POSITIVE_INFINITY : 0;
    }
    RankOptions options = layers.get(index);
    double best = Double.POSITIVE_INFINITY;
    for (int k = 0; k < options.size(); k++) {
      best =
          Math.min(best, options.loss(k) + bruteForce(layers, index + 1, left - options.cost(k)));
    }
    return best;
  }
}
