package io.rankfall.compress;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The multiple-choice knapsack problem: one option of each layer, least Σ loss with Σ cost ≤
 * budget.
 *
 * <p>Lagrangian bisection on loss + λ·cost gives a bound and a first choice, which greedy steps
 * fill up; then partial choices are extended layer by layer, dropping those that another one beats
 * in both cost and loss and those whose bound is no better than the first choice (Kellerer,
 * Pferschy and Pisinger, Knapsack Problems, 2004, chapter 11). Exact unless more than {@link
 * #MOST_PARTIAL} partial choices survive; then the first choice stands, at most the duality gap
 * from the best.
 */
final class LeastLoss {
  private static final int MOST_PARTIAL = 100_000;
  private static final int BISECTIONS = 200;

  private final List<RankOptions> layers;
  private final long budget;

  private LeastLoss(List<RankOptions> layers, long budget) {
    this.layers = layers;
    this.budget = budget;
  }

  static int[] divide(List<RankOptions> layers, long budget) {
    return new LeastLoss(layers, budget).solve();
  }

  private int[] solve() {
    int[] free = cheapestAt(0);
    if (BudgetDivision.cost(layers, free) <= budget) {
      return free;
    }
    double low = 0;
    double high = 1;
    for (RankOptions options : layers) {
      high += options.loss(0);
    }
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = 0.5 * (low + high);
      if (BudgetDivision.cost(layers, cheapestAt(middle)) <= budget) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return improved(filled(cheapestAt(high)), high);
  }

  /** For each layer the least loss + λ·cost, the cheaper of equals. */
  private int[] cheapestAt(double lambda) {
    return layers.stream().mapToInt(options -> cheapestAt(options, lambda)).toArray();
  }

  private static int cheapestAt(RankOptions options, double lambda) {
    int best = 0;
    for (int k = 1; k < options.size(); k++) {
      if (priced(options, k, lambda) < priced(options, best, lambda)) {
        best = k;
      }
    }
    return best;
  }

  private static double priced(RankOptions options, int k, double lambda) {
    return options.loss(k) + lambda * options.cost(k);
  }

  /** Spends what is left on the steps that gain most per number. */
  private int[] filled(int[] chosen) {
    long left = budget - BudgetDivision.cost(layers, chosen);
    while (true) {
      int bestLayer = -1;
      int bestOption = -1;
      double bestGain = 0;
      for (int i = 0; i < chosen.length; i++) {
        RankOptions options = layers.get(i);
        for (int k = chosen[i] + 1; k < options.size(); k++) {
          long more = options.cost(k) - options.cost(chosen[i]);
          double gain = (options.loss(chosen[i]) - options.loss(k)) / more;
          if (more <= left && gain > bestGain) {
            bestGain = gain;
            bestLayer = i;
            bestOption = k;
          }
        }
      }
      if (bestLayer < 0) {
        return chosen;
      }
      RankOptions options = layers.get(bestLayer);
      left -= options.cost(bestOption) - options.cost(chosen[bestLayer]);
      chosen[bestLayer] = bestOption;
    }
  }

  /** The choices of the first layers, newest last. */
  private record Partial(@Nullable Partial before, int option, long cost, double loss) {}

  private int[] improved(int[] incumbent, double lambda) {
    double[] rest = new double[layers.size() + 1];
    long[] least = new long[layers.size() + 1];
    for (int i = layers.size() - 1; i >= 0; i--) {
      RankOptions options = layers.get(i);
      rest[i] = rest[i + 1] + priced(options, cheapestAt(options, lambda), lambda);
      least[i] = least[i + 1] + options.cost(0);
    }
    double bar = BudgetDivision.loss(layers, incumbent);
    List<Partial> partials = List.of(new Partial(null, -1, 0, 0));
    for (int i = 0; i < layers.size(); i++) {
      RankOptions options = layers.get(i);
      List<Partial> longer = new ArrayList<>();
      for (Partial partial : partials) {
        for (int k = 0; k < options.size(); k++) {
          long cost = partial.cost + options.cost(k);
          double loss = partial.loss + options.loss(k);
          double bound = loss + lambda * (cost - budget) + rest[i + 1];
          if (cost + least[i + 1] <= budget && loss < bar && bound < bar) {
            longer.add(new Partial(partial, k, cost, loss));
          }
        }
        if (longer.size() > 16 * MOST_PARTIAL) {
          return incumbent;
        }
      }
      partials = undominated(longer);
      if (partials.isEmpty() || partials.size() > MOST_PARTIAL) {
        return incumbent;
      }
    }
    Partial last = partials.get(partials.size() - 1);
    int[] chosen = new int[layers.size()];
    for (int i = chosen.length - 1; i >= 0 && last != null; i--) {
      chosen[i] = last.option;
      last = last.before;
    }
    return chosen;
  }

  /** Those of rising cost and falling loss. */
  private static List<Partial> undominated(List<Partial> partials) {
    partials.sort(Comparator.comparingLong(Partial::cost).thenComparingDouble(Partial::loss));
    List<Partial> kept = new ArrayList<>();
    double least = Double.POSITIVE_INFINITY;
    for (Partial partial : partials) {
      if (partial.loss < least) {
        least = partial.loss;
        kept.add(partial);
      }
    }
    return kept;
  }
}
