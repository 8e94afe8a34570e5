package io.rankfall.compress;

import io.rankfall.compress.RankPolicy.Division;
import java.util.List;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/** Divides a budget of numbers over layers; each result is the chosen option of each layer. */
final class BudgetDivision {
  private BudgetDivision() {}

  /**
   * @param budget at least the sum of the cheapest options
   */
  static int[] divide(List<RankOptions> layers, long budget, Division division) {
    return switch (division) {
      case UNIFORM -> uniform(layers, budget);
      case ENERGY -> energy(layers, budget);
      case GLOBAL -> LeastLoss.divide(layers, budget);
    };
  }

  private static int[] uniform(List<RankOptions> layers, long budget) {
    int largest = layers.stream().mapToInt(RankOptions::ranks).max().orElse(1);
    return lastThatFits(layers, budget, largest, i -> each(layers, o -> o.atRank(i + 1)));
  }

  private static int[] energy(List<RankOptions> layers, long budget) {
    TreeSet<Double> distinct = new TreeSet<>();
    for (RankOptions options : layers) {
      for (int k = 0; k < options.size(); k++) {
        distinct.add(options.loss(k));
      }
    }
    double[] falling = distinct.descendingSet().stream().mapToDouble(loss -> loss).toArray();
    return lastThatFits(
        layers, budget, falling.length, i -> each(layers, o -> o.losingAtMost(falling[i])));
  }

  /** The last of {@code count} choices of rising cost that fits; the first does. */
  private static int[] lastThatFits(
      List<RankOptions> layers, long budget, int count, IntFunction<int[]> choices) {
    int fits = 0;
    int fails = count;
    while (fails - fits > 1) {
      int middle = (fits + fails) >>> 1;
      if (cost(layers, choices.apply(middle)) <= budget) {
        fits = middle;
      } else {
        fails = middle;
      }
    }
    return choices.apply(fits);
  }

  private static int[] each(List<RankOptions> layers, ToIntFunction<RankOptions> choice) {
    return layers.stream().mapToInt(choice).toArray();
  }

  static long cost(List<RankOptions> layers, int[] chosen) {
    long sum = 0;
    for (int i = 0; i < chosen.length; i++) {
      sum += layers.get(i).cost(chosen[i]);
    }
    return sum;
  }

  static double loss(List<RankOptions> layers, int[] chosen) {
    double sum = 0;
    for (int i = 0; i < chosen.length; i++) {
      sum += layers.get(i).loss(chosen[i]);
    }
    return sum;
  }
}
