package io.rankfall.compress;

import io.rankfall.compress.CompressionReport.Trial;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Finds the ranks that a {@link Goal} asks for. What follows from weights and dimensions is divided
 * once; what has to be measured is searched by bisection over the budget, each candidate being made
 * as it would be written.
 */
final class GoalSearch {
  /** Halvings of the range between the cheapest and the dense model, on a logarithmic scale. */
  private static final int STEPS = 9;

  /** What a search found. Where nothing meets the goal, the nearest and what to say about it. */
  record Found(RankPlan plan, OnnxModel model, @Nullable String missed) {}

  /** What a goal limits, measured on a candidate. */
  @FunctionalInterface
  interface Measure {
    double of(OnnxModel candidate) throws ModelFormatException;
  }

  @FunctionalInterface
  private interface Trying {
    double measured(RankPlan plan) throws ModelFormatException;
  }

  /** Budgets from the cheapest model to the dense one. */
  private record Range(long least, long dense) {
    /** From 0 to 1 on a logarithmic scale. */
    long at(double t) {
      return t == 0 ? least : (long) Math.floor(least * Math.pow(dense / (double) least, t));
    }
  }

  /** Which of the candidates within the limit is wanted, in parameters or time. */
  private enum Wanted {
    /** Costs fall under the limit when layers shrink. */
    LARGEST,
    /** Errors fall under the limit when layers grow. */
    SMALLEST
  }

  private final Compressor compressor;
  private final CompressionListener listener;
  private final List<Trial> trials = new ArrayList<>();

  GoalSearch(Compressor compressor, CompressionListener listener) {
    this.compressor = compressor;
    this.listener = listener;
  }

  /** The models tried so far, in order. */
  List<Trial> trials() {
    return List.copyOf(trials);
  }

  Found ranks(RankPolicy policy) {
    try {
      return made(compressor.plan(policy));
    } catch (BudgetException e) {
      return smallest(Price::numbers, e.getMessage());
    }
  }

  private Found made(RankPlan plan) {
    return new Found(plan, compressor.apply(plan), null);
  }

  private Found smallest(Function<Layer, Price> prices, @Nullable String missed) {
    RankPlan plan = compressor.plan(prices, compressor.cheapest(prices));
    return new Found(plan, compressor.apply(plan), missed);
  }

  Found macs(double share, MacCount count, int examples) {
    long total = count.total() * examples;
    long elsewhere = total - dense(count::price);
    long budget = (long) Math.floor(share * total);
    long least = elsewhere + compressor.cheapest(count::price);
    if (least > budget) {
      return smallest(
          count::price,
          BudgetException.of(
                  "multiply-accumulates", budget / examples, least / examples, total / examples)
              .getMessage());
    }
    return made(compressor.plan(count::price, budget - elsewhere));
  }

  private long dense(Function<Layer, Price> prices) {
    return compressor.model().layers().stream().mapToLong(l -> prices.apply(l).dense()).sum();
  }

  /** Numbers that fit are estimated, and lowered by what the file is too large. */
  Found size(long bytes) throws ModelFormatException {
    OnnxModel model = compressor.model();
    double each = model.bytes() / (double) Math.max(1, model.parameters());
    long least = compressor.cheapest(Price::numbers);
    long numbers = dense(Price::numbers);
    long size = model.bytes();
    RankPlan plan;
    do {
      long excess = (long) Math.ceil(Math.max(0, size - bytes) / each);
      numbers = Math.max(least, numbers - excess);
      plan = compressor.plan(numbers);
      size = compressor.unrefined(plan).bytes();
      record(plan, (double) size, (double) bytes);
    } while (size > bytes && numbers > least);
    return size <= bytes
        ? made(plan)
        : smallest(
            Price::numbers, BudgetException.of("bytes", bytes, size, model.bytes()).getMessage());
  }

  /**
   * The slowest that is fast enough.
   *
   * @param ratio time of a candidate as a share of the dense model's
   */
  Found latency(Goal.Latency goal, Function<Layer, Price> prices, Measure ratio)
      throws ModelFormatException {
    Range range = new Range(compressor.cheapest(prices), dense(prices));
    return bisect(
        goal,
        goal.share(),
        range,
        nanos -> compressor.plan(prices, nanos),
        candidate -> ratio.of(compressor.unrefined(candidate)),
        Wanted.LARGEST);
  }

  /**
   * The smallest that is good enough.
   *
   * @param limit of the loss
   */
  Found quality(Goal goal, double limit, Measure loss) throws ModelFormatException {
    Range range = new Range(compressor.cheapest(Price::numbers), dense(Price::numbers));
    return bisect(
        goal,
        limit,
        range,
        compressor::plan,
        candidate -> loss.of(compressor.apply(candidate)),
        Wanted.SMALLEST);
  }

  private Found bisect(
      Goal goal,
      double limit,
      Range range,
      LongFunction<RankPlan> plans,
      Trying trying,
      Wanted wanted)
      throws ModelFormatException {
    double low = 0;
    double high = 1;
    RankPlan best = null;
    RankPlan nearest = null;
    double nearestValue = Double.POSITIVE_INFINITY;
    Map<RankPlan, Double> known = new HashMap<>();
    for (int i = 0; i <= STEPS; i++) {
      double t = i == 0 ? 0 : (low + high) / 2;
      RankPlan plan = plans.apply(range.at(t));
      Double value = known.get(plan);
      if (value == null) {
        value = trying.measured(plan);
        known.put(plan, value);
        record(plan, value, limit);
      }
      boolean within = value <= limit;
      if (within) {
        best = plan;
      } else if (value < nearestValue && plan.parameters() < plan.denseParameters()) {
        nearest = plan;
        nearestValue = value;
      }
      if (i == 0 && within == (wanted == Wanted.SMALLEST)) {
        break;
      }
      if (within == (wanted == Wanted.LARGEST)) {
        low = t;
      } else {
        high = t;
      }
    }
    return best == null || best.parameters() == best.denseParameters()
        ? nearest(nearest, nearestValue, goal)
        : made(best);
  }

  private Found nearest(@Nullable RankPlan plan, double value, Goal goal) {
    if (plan == null) {
      return smallest(Price::numbers, "goal: expected a smaller model, found none");
    }
    return new Found(
        plan,
        compressor.apply(plan),
        String.format(
            Locale.ROOT,
            "goal: expected a smaller model with %s, found at best %s with %,d of %,d parameters",
            goal.text(),
            goal.measured(value),
            plan.parameters(),
            plan.denseParameters()));
  }

  private void record(RankPlan plan, double value, double limit) {
    Trial trial = new Trial(plan.parameters(), value, value <= limit);
    trials.add(trial);
    listener.onTrial(trial);
  }
}
