package io.rankfall.compress;

import io.rankfall.compress.NarrowedGraph.Cut;
import io.rankfall.spectra.ColumnSelection;
import io.rankfall.spectra.SymmetricMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Takes hidden units out of a model before its layers are factored. r·(m+n) numbers of a layer
 * become fewer with m and n, and what units do overlaps: the layers that read them make up for most
 * of a loss. What remains is a smaller model, which is measured and factored like any other.
 */
final class Narrowing {
  private final OnnxModel model;
  private final Calibration calibration;
  private final Objective.Order order;
  private final List<HiddenUnits> units;
  private final List<ColumnSelection> selections = new ArrayList<>();
  private final AtomicReference<@Nullable Narrowed> last = new AtomicReference<>();

  /** A smaller model, ready to be factored. */
  private record Narrowed(List<Integer> widths, Compressor compressor) {}

  private Narrowing(
      OnnxModel model,
      List<HiddenUnits> units,
      Calibration calibration,
      OutputCurvature curvature,
      Objective.Order order) {
    this.model = model;
    this.calibration = calibration;
    this.order = order;
    this.units = units;
    for (HiddenUnits each : units) {
      selections.add(ColumnSelection.of(inputs(each), importance(each, curvature)));
    }
  }

  /**
   * None where no unit can go, or the model is so large that its layers are not fitted in sequence
   * either.
   *
   * @param curvature that of the calibration: what a unit's loss does to the outputs
   */
  static Optional<Narrowing> of(
      OnnxModel model, Calibration calibration, OutputCurvature curvature, Objective.Order order) {
    List<HiddenUnits> units =
        order == Objective.Order.SEQUENTIAL ? HiddenUnits.of(model) : List.of();
    return units.isEmpty()
        ? Optional.empty()
        : Optional.of(new Narrowing(model, units, calibration, curvature, order));
  }

  /** The covariance if biases of all readers can take the mean. */
  private SymmetricMatrix inputs(HiddenUnits of) {
    InputMoments moments = calibration.of(of.readers().get(0).uses().get(0));
    boolean centred = of.readers().stream().allMatch(r -> r.uses().get(0).bias().isPresent());
    return centred ? moments.covariance() : moments.secondMoment();
  }

  private static SymmetricMatrix importance(HiddenUnits of, OutputCurvature curvature) {
    int n = of.width();
    double[] sum = new double[Math.multiplyExact(n, n)];
    for (LinearLayer reader : of.readers()) {
      SymmetricMatrix one = curvature.of(reader).mappedBy(reader.weight().matrix().transposed());
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          sum[i * n + j] += one.get(i, j);
        }
      }
    }
    return SymmetricMatrix.of(n, sum);
  }

  /**
   * Numbers of units, and ranks in the model that has only these.
   *
   * @param options of all layers of the model, with losses in the unit of its outputs
   * @param allowed parameters, enough for rank 1 in every layer
   */
  RankPlan plan(List<RankOptions> options, long allowed) {
    long outside =
        model.parameters()
            - model.layers().stream().mapToLong(layer -> layer.weight().matrix().size()).sum()
            - units.stream().mapToLong(u -> (long) u.width() * u.vectors().size()).sum();
    List<Integer> widths =
        WidthDivision.divide(model.layers(), options, units, selections, allowed - outside);
    Compressor narrowed = narrowed(widths);
    RankPlan inner = narrowed.plan(allowed - narrowed.parametersElsewhere());
    List<RankPlan.Layer> layers = new ArrayList<>();
    for (int i = 0; i < inner.layers().size(); i++) {
      RankPlan.Layer small = inner.layers().get(i);
      Layer whole = model.layers().get(i);
      layers.add(
          new RankPlan.Layer(
              small.name(),
              whole.rows(),
              whole.cols(),
              small.choice(),
              small.parameters(),
              small.lossShare(),
              small.rows(),
              small.cols()));
    }
    return new RankPlan(layers, inner.parameters(), model.parameters());
  }

  /**
   * The model with fewer units and factored layers.
   *
   * @param plan of the layers of this model, see {@link #plan}
   * @throws IllegalArgumentException if a layer keeps other inputs than the one before it outputs
   */
  OnnxModel apply(RankPlan plan) {
    List<Integer> widths = new ArrayList<>();
    for (HiddenUnits each : units) {
      plan.layers().stream()
          .filter(layer -> layer.name().equals(each.maker().name()))
          .forEach(layer -> widths.add(layer.keptRows()));
    }
    List<RankPlan.Layer> layers =
        plan.layers().stream()
            .map(
                layer ->
                    new RankPlan.Layer(
                        layer.name(),
                        layer.keptRows(),
                        layer.keptCols(),
                        layer.choice(),
                        layer.parameters(),
                        layer.lossShare()))
            .toList();
    Compressor narrowed = narrowed(widths);
    return narrowed.apply(new RankPlan(layers, plan.parameters(), narrowed.model().parameters()));
  }

  /** The model with only so many of each of the units, measured on the same examples. */
  private Compressor narrowed(List<Integer> widths) {
    Narrowed known = last.get();
    if (known != null && known.widths.equals(widths)) {
      return known.compressor;
    }
    List<Cut> cuts = new ArrayList<>();
    for (int u = 0; u < units.size(); u++) {
      HiddenUnits each = units.get(u);
      if (widths.get(u) < each.width()) {
        InputMoments moments = calibration.of(each.readers().get(0).uses().get(0));
        cuts.add(new Cut(each, selections.get(u), widths.get(u), moments));
      }
    }
    try {
      OnnxModel small = NarrowedGraph.of(model, cuts);
      Calibration seen =
          Calibration.gather(small, calibration.examples())
              .with(OutputCurvature.measure(small, calibration.examples()));
      Compressor compressor = new Compressor(small, new Objective.DataAware(seen, order));
      last.set(new Narrowed(List.copyOf(widths), compressor));
      return compressor;
    } catch (ModelFormatException | NotDifferentiableException e) {
      throw new IllegalStateException("narrowed " + e.getMessage(), e);
    }
  }
}
