package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.spectra.ColumnSelection;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.SymmetricMatrix;
import io.rankfall.spectra.Truncation;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

class WidthDivisionTest {
  /**
   * What is found costs no more than the budget allows, and is close to the best there is. It is a
   * descent at one price a number: the best choices between two prices are beyond it.
   */
  @Property(tries = 100)
  void comesCloseToTheBestOfAll(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.3, max = 1) double share) throws Exception {
    OnnxModel model = Networks.mlp(seed, 6, 9, 8, 4);
    SplittableRandom random = new SplittableRandom(seed);
    List<HiddenUnits> units = HiddenUnits.of(model);
    List<ColumnSelection> selections = new ArrayList<>();
    for (HiddenUnits each : units) {
      selections.add(
          ColumnSelection.of(moment(each.width(), random), moment(each.width(), random)));
    }
    List<RankOptions> options = new ArrayList<>();
    for (Layer layer : model.layers()) {
      options.add(
          RankOptions.of(Truncation.of(layer.weight().matrix(), moment(layer.cols(), random)))
              .weighted(cost -> 30));
    }
    long dense = model.layers().stream().mapToLong(l -> l.weight().matrix().size()).sum() + 17;
    long budget = (long) (share * dense);
    List<Integer> found = WidthDivision.divide(model.layers(), options, units, selections, budget);
    double lost = loss(options, selections, found, budget);
    double best = Double.POSITIVE_INFINITY;
    for (int a = 1; a <= 9; a++) {
      for (int b = 1; b <= 8; b++) {
        best = Math.min(best, loss(options, selections, List.of(a, b), budget));
      }
    }
    double whole = loss(options, selections, List.of(9, 8), budget);
    assertThat(lost).isLessThanOrEqualTo(whole + 1e-9);
    assertThat(lost).isLessThanOrEqualTo(2 * best + 1e-3);
  }

  /** The least loss with the given widths, by trying all ranks. */
  private static double loss(
      List<RankOptions> options,
      List<ColumnSelection> selections,
      List<Integer> widths,
      long budget) {
    int[] sides = {6, widths.get(0), widths.get(1), 4};
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < options.get(0).size(); i++) {
      for (int j = 0; j < options.get(1).size(); j++) {
        for (int k = 0; k < options.get(2).size(); k++) {
          int[] chosen = {i, j, k};
          long cost = (long) widths.get(0) + widths.get(1);
          double loss =
              selections.get(0).loss(widths.get(0)) + selections.get(1).loss(widths.get(1));
          for (int l = 0; l < 3; l++) {
            RankOptions o = options.get(l);
            cost +=
                o.isDense(chosen[l])
                    ? (long) sides[l] * sides[l + 1]
                    : (long) o.how(chosen[l]).rank() * (sides[l] + sides[l + 1]);
            loss += o.loss(chosen[l]);
          }
          if (cost <= budget) {
            best = Math.min(best, loss);
          }
        }
      }
    }
    return best;
  }

  private static SymmetricMatrix moment(int n, SplittableRandom random) {
    Matrix x = Matrix.gaussian(n, n, random).times(Matrix.gaussian(n, 2 * n, random));
    Matrix product = x.times(x.transposed());
    double[] values = new double[n * n];
    for (int i = 0; i < n * n; i++) {
      values[i] = product.get(i / n, i % n) / (double) (2 * n * n);
    }
    return SymmetricMatrix.of(n, values);
  }
}
