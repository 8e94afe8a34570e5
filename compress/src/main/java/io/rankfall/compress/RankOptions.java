package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Truncation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/**
 * What can become of one layer, each costing more than the one before: decompositions cheaper than
 * the dense layer, then the dense layer, which loses nothing.
 */
final class RankOptions {
  /** Ranks closer to each other than this allows make no difference worth the search. */
  private static final int MOST_MIXED = 256;

  /**
   * A decomposition.
   *
   * @param numbers in the weights that result
   * @param lossShare loss(r)/loss(0) by the objective
   * @param cost what it takes of a budget, in the budget's unit
   * @param loss what a division of the budget keeps small, not above that of a cheaper option
   */
  record Option(Decomposition how, long numbers, double lossShare, long cost, double loss) {
    /** Where the budget counts numbers and layers weigh the same. */
    Option(Decomposition how, long numbers, double lossShare) {
      this(how, numbers, lossShare, numbers, lossShare);
    }
  }

  private final int rows;
  private final int cols;
  private final List<Option> smaller;
  private final long denseCost;

  private RankOptions(int rows, int cols, List<Option> smaller, long denseCost) {
    this.rows = rows;
    this.cols = cols;
    this.smaller = List.copyOf(smaller);
    this.denseCost = denseCost;
  }

  /**
   * Every rank of {@link Decomposition.Channel} up to the break-even rank.
   *
   * @param losses weighted losses, not increasing, of ranks 1 to the break-even rank
   */
  RankOptions(int rows, int cols, double... losses) {
    this(rows, cols, channel(rows, cols, losses), (long) rows * cols);
    if (losses.length != ranks() - 1) {
      throw new IllegalArgumentException(
          "losses: expected one for each of %d ranks, found %d"
              .formatted(ranks() - 1, losses.length));
    }
  }

  private static List<Option> channel(int rows, int cols, double[] losses) {
    List<Option> options = new ArrayList<>();
    for (int k = 0; k < losses.length; k++) {
      long cost = (k + 1) * ((long) rows + cols);
      options.add(new Option(new Decomposition.Channel(k + 1), cost, losses[k]));
    }
    return options;
  }

  static RankOptions of(Truncation truncation) {
    int rows = truncation.matrix().rows();
    int cols = truncation.matrix().cols();
    double all = truncation.loss(0);
    double[] losses = new double[LowRank.breakEvenRank(rows, cols)];
    for (int k = 0; k < losses.length; k++) {
      losses[k] = all == 0 ? 0 : truncation.loss(k + 1) / all;
    }
    return new RankOptions(rows, cols, losses);
  }

  /**
   * Those of all decompositions that lose less than every other as cheap. Where there are many, of
   * those within the same small factor in cost the dearest is kept.
   */
  static RankOptions leastLosses(int rows, int cols, List<Option> options) {
    return leastLosses(rows, cols, options, (long) rows * cols);
  }

  private static RankOptions leastLosses(int rows, int cols, List<Option> options, long denseCost) {
    List<Option> best = undominated(options);
    return new RankOptions(rows, cols, best.size() <= MOST_MIXED ? best : thinned(best), denseCost);
  }

  /**
   * The same at other prices: those of the decompositions that cost less than the dense layer and
   * lose less than every other as cheap.
   */
  RankOptions at(Price price) {
    return at(price, smaller);
  }

  /** As {@link #at(Price)}, of all these options rather than of those that are left here. */
  RankOptions at(Price price, List<Option> options) {
    List<Option> priced =
        options.stream()
            .map(o -> new Option(o.how, o.numbers, o.lossShare, price.of(o.how, o.numbers), o.loss))
            .filter(o -> o.cost < price.dense())
            .toList();
    return leastLosses(rows, cols, priced, price.dense());
  }

  /** Options of rising cost and falling loss: no other loses as little for as few numbers. */
  static List<Option> undominated(List<Option> options) {
    List<Option> sorted = new ArrayList<>(options);
    sorted.sort(Comparator.comparingLong(Option::cost).thenComparingDouble(Option::loss));
    List<Option> best = new ArrayList<>();
    double least = Double.POSITIVE_INFINITY;
    for (Option option : sorted) {
      if (option.loss < least) {
        least = option.loss;
        best.add(option);
      }
    }
    return best;
  }

  private static List<Option> thinned(List<Option> rising) {
    double first = rising.get(0).cost;
    double range = Math.log(rising.get(rising.size() - 1).cost / first);
    List<Option> kept = new ArrayList<>();
    int last = -1;
    for (Option option : rising) {
      int bin = (int) Math.ceil((MOST_MIXED - 1) * Math.log(option.cost / first) / range);
      if (bin > last) {
        kept.add(option);
      } else {
        kept.set(kept.size() - 1, option);
      }
      last = bin;
    }
    return kept;
  }

  /** Shares lost times a weight that depends on the numbers, made not to increase with the cost. */
  RankOptions weighted(LongToDoubleFunction weight) {
    List<Option> result = new ArrayList<>();
    double least = Double.POSITIVE_INFINITY;
    for (Option option : smaller) {
      least = Math.min(least, option.lossShare * weight.applyAsDouble(option.numbers));
      result.add(new Option(option.how, option.numbers, option.lossShare, option.cost, least));
    }
    return new RankOptions(rows, cols, result, denseCost);
  }

  /** All but the dense layer. */
  List<Option> smaller() {
    return smaller;
  }

  /**
   * Those of a linear layer with fewer outputs and inputs: the same losses for the same ranks, as
   * far as they still make it smaller.
   */
  RankOptions narrowed(int fewerRows, int fewerCols) {
    if (fewerRows == rows && fewerCols == cols) {
      return this;
    }
    long each = (long) fewerRows + fewerCols;
    long dense = (long) fewerRows * fewerCols;
    List<Option> left =
        smaller.stream()
            .map(
                o ->
                    new Option(
                        o.how, o.how.rank() * each, o.lossShare, o.how.rank() * each, o.loss))
            .filter(o -> o.cost < dense)
            .toList();
    return new RankOptions(fewerRows, fewerCols, left, dense);
  }

  int size() {
    return smaller.size() + 1;
  }

  boolean isDense(int option) {
    return option == smaller.size();
  }

  /** What a smaller option is. */
  Decomposition how(int option) {
    return smaller.get(option).how;
  }

  /** The ranks that {@link #atRank} tells apart: the last stands for dense. */
  int ranks() {
    return LowRank.breakEvenRank(rows, cols) + 1;
  }

  /**
   * The option of a wanted rank: the last that costs no more than r·(rows+cols), dense beyond the
   * break-even rank.
   */
  int atRank(int rank) {
    if (rank >= ranks()) {
      return smaller.size();
    }
    int k = 0;
    while (k + 1 < smaller.size() && numbers(k + 1) <= rank * ((long) rows + cols)) {
      k++;
    }
    return k;
  }

  /** The cheapest option that loses at most so much. */
  int losingAtMost(double loss) {
    int k = 0;
    while (loss(k) > loss) {
      k++;
    }
    return k;
  }

  /** The option under a policy that looks at this layer alone. */
  int under(RankPolicy policy) {
    if (policy instanceof RankPolicy.Uniform uniform) {
      return atRank(uniform.rank());
    }
    if (policy instanceof RankPolicy.Energy energy) {
      return losingAtMost(1 - energy.share());
    }
    if (policy instanceof RankPolicy.Epsilon e) {
      return losingAtMost(e.epsilon() * e.epsilon());
    }
    throw new IllegalArgumentException(
        "policy: expected one for each layer by itself, found " + policy.text());
  }

  long cost(int option) {
    return isDense(option) ? denseCost : smaller.get(option).cost;
  }

  /** Numbers in the weights. */
  long numbers(int option) {
    return isDense(option) ? (long) rows * cols : smaller.get(option).numbers;
  }

  /** loss(r)/loss(0) by the objective, whatever a division weighs. */
  double lossShare(int option) {
    return isDense(option) ? 0 : smaller.get(option).lossShare;
  }

  double loss(int option) {
    return isDense(option) ? 0 : smaller.get(option).loss;
  }
}
