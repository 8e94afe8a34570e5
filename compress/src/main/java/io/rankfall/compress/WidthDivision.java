package io.rankfall.compress;

import io.rankfall.spectra.ColumnSelection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * How many hidden units to keep, when what is left of a budget goes into ranks: the least Σ loss of
 * ranks + Σ loss of units under r·(m+n) numbers for each layer, where m and n are numbers of units.
 *
 * <p>Such a product has no convex relaxation, so this descends: at a price λ for a number it takes
 * in turn the best rank of each layer for the units there are and the best number of units for the
 * ranks there are, from several numbers of units, with the λ that meets the budget. The ranks are
 * found again, exactly, in the narrowed model.
 */
final class WidthDivision {
  private static final int BISECTIONS = 60;
  private static final int MOST_ROUNDS = 50;
  private static final double[] STARTS = {1, 0.5, 0.25};

  /** Prices tried lie within this factor of all losses over all numbers. */
  private static final double RANGE = 1e9;

  private static final int NONE = -1;

  /** A layer and the index of the units on both sides of its weights, or none. */
  private record Sides(Layer layer, RankOptions options, int made, int read) {}

  private final List<HiddenUnits> units;
  private final List<ColumnSelection> selections;
  private final List<Sides> layers = new ArrayList<>();

  private WidthDivision(
      List<Layer> all,
      List<RankOptions> options,
      List<HiddenUnits> units,
      List<ColumnSelection> selections) {
    this.units = units;
    this.selections = selections;
    for (int i = 0; i < all.size(); i++) {
      Layer layer = all.get(i);
      layers.add(
          new Sides(
              layer,
              options.get(i),
              index(u -> units.get(u).maker().name().equals(layer.name())),
              index(
                  u ->
                      units.get(u).readers().stream()
                          .anyMatch(reader -> reader.name().equals(layer.name())))));
    }
  }

  private int index(IntPredicate which) {
    return IntStream.range(0, units.size()).filter(which).findFirst().orElse(NONE);
  }

  /**
   * The number kept of each of the units.
   *
   * @param options of every layer, losses in the unit of the selections'
   * @param budget numbers in the layers' weights, plus one for each unit and vector
   */
  static List<Integer> divide(
      List<Layer> layers,
      List<RankOptions> options,
      List<HiddenUnits> units,
      List<ColumnSelection> selections,
      long budget) {
    WidthDivision division = new WidthDivision(layers, options, units, selections);
    // All units and the best ranks for them are what any other choice must beat.
    List<Integer> best = listed(division.widths(1));
    double least = division.loss(best, budget);
    for (double start : STARTS) {
      Optional<State> state = division.within(budget, start);
      double loss = state.map(s -> division.loss(s.widths, budget)).orElse(least);
      if (loss < least) {
        least = loss;
        best = state.get().widths;
      }
    }
    return best;
  }

  private record State(List<Integer> widths, long cost, double loss) {}

  /** With the best ranks there are for so many units; infinite if none fit. */
  private double loss(List<Integer> kept, long budget) {
    int[] widths = kept.stream().mapToInt(width -> width).toArray();
    long left = budget;
    double loss = 0;
    for (int u = 0; u < widths.length; u++) {
      left -= (long) widths[u] * units.get(u).vectors().size();
      loss += selections.get(u).loss(widths[u]);
    }
    List<RankOptions> narrowed =
        layers.stream()
            .map(s -> s.options.narrowed((int) rows(s, widths), (int) cols(s, widths)))
            .toList();
    if (narrowed.stream().mapToLong(o -> o.cost(0)).sum() > left) {
      return Double.POSITIVE_INFINITY;
    }
    return loss + BudgetDivision.loss(narrowed, LeastLoss.divide(narrowed, left));
  }

  private Optional<State> within(long budget, double start) {
    double scale = layers.stream().mapToDouble(side -> side.options.loss(0)).sum() / budget;
    double low = Math.log(scale / RANGE);
    double high = Math.log(scale * RANGE);
    Optional<State> best = Optional.empty();
    for (int i = 0; i < BISECTIONS && scale > 0; i++) {
      double middle = 0.5 * (low + high);
      State state = descended(Math.exp(middle), widths(start));
      if (state.cost <= budget) {
        high = middle;
        if (best.isEmpty() || state.loss < best.get().loss) {
          best = Optional.of(state);
        }
      } else {
        low = middle;
      }
    }
    return best;
  }

  private static List<Integer> listed(int[] widths) {
    return IntStream.of(widths).boxed().toList();
  }

  private int[] widths(double share) {
    return units.stream().mapToInt(u -> (int) Math.ceil(share * u.width())).toArray();
  }

  private State descended(double lambda, int[] widths) {
    int[] options = new int[layers.size()];
    boolean moved = true;
    for (int round = 0; round < MOST_ROUNDS && moved; round++) {
      for (int i = 0; i < options.length; i++) {
        options[i] = bestOption(layers.get(i), widths, lambda);
      }
      moved = false;
      for (int u = 0; u < widths.length; u++) {
        int kept = bestWidth(u, widths, options, lambda);
        moved |= kept != widths[u];
        widths[u] = kept;
      }
    }
    long cost = 0;
    double loss = 0;
    for (int i = 0; i < options.length; i++) {
      cost += cost(layers.get(i), options[i], widths);
      loss += layers.get(i).options.loss(options[i]);
    }
    for (int u = 0; u < widths.length; u++) {
      cost += (long) widths[u] * units.get(u).vectors().size();
      loss += selections.get(u).loss(widths[u]);
    }
    return new State(listed(widths), cost, loss);
  }

  private static int bestOption(Sides side, int[] widths, double lambda) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int k = 0; k < side.options.size(); k++) {
      double priced = side.options.loss(k) + lambda * cost(side, k, widths);
      if (priced < least) {
        least = priced;
        best = k;
      }
    }
    return best;
  }

  private int bestWidth(int u, int[] widths, int[] options, double lambda) {
    long each = units.get(u).vectors().size();
    for (int i = 0; i < options.length; i++) {
      each += each(layers.get(i), options[i], u, widths);
    }
    int best = 1;
    double least = Double.POSITIVE_INFINITY;
    for (int kept = 1; kept <= units.get(u).width(); kept++) {
      double priced = selections.get(u).loss(kept) + lambda * each * kept;
      if (priced < least) {
        least = priced;
        best = kept;
      }
    }
    return best;
  }

  /** What one unit more adds to the numbers of a layer. */
  private static long each(Sides side, int option, int u, int[] widths) {
    if (side.made != u && side.read != u) {
      return 0;
    }
    boolean dense = side.options.isDense(option);
    if (dense) {
      return side.made == u ? cols(side, widths) : rows(side, widths);
    }
    return side.options.how(option).rank();
  }

  private static long cost(Sides side, int option, int[] widths) {
    if (side.made == NONE && side.read == NONE) {
      return side.options.cost(option);
    }
    long rows = rows(side, widths);
    long cols = cols(side, widths);
    return side.options.isDense(option)
        ? rows * cols
        : side.options.how(option).rank() * (rows + cols);
  }

  private static long rows(Sides side, int[] widths) {
    return side.made == NONE ? side.layer.rows() : widths[side.made];
  }

  private static long cols(Sides side, int[] widths) {
    return side.read == NONE ? side.layer.cols() : widths[side.read];
  }
}
