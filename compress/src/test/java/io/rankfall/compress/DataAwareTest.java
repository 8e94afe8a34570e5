package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.compress.Objective.DataAware;
import io.rankfall.compress.Objective.Order;
import io.rankfall.spectra.NonFiniteException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DataAwareTest {
  @Property(tries = 40)
  void losesNoMoreThanPlainOnItsOwnData(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int rank) throws Exception {
    OnnxModel model = Networks.mlp(seed, 16, 14);
    Rows rows = Networks.rows(seed + 1, 60, 16);
    Calibration calibration = Calibration.gather(model, ModelInputs.of(rows));
    double plain = error(model, new Compressor(model), rank, rows);
    Compressor aware = new Compressor(model, new DataAware(calibration));
    double kept = error(model, aware, rank, rows);
    assertThat(kept).isLessThanOrEqualTo(plain * 1.0001);
    double promised = aware.truncation(model.linearLayers().get(0)).loss(rank);
    assertThat(kept).isCloseTo(promised, within(1e-3 * promised + 1e-6));
  }

  @Property(tries = 40)
  void sequentialLosesNoMoreThanIndependentOnItsOwnData(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int rank) throws Exception {
    OnnxModel model = Networks.mlp(seed, 16, 20, 20);
    Rows rows = Networks.rows(seed + 1, 400, 16);
    Calibration calibration = Calibration.gather(model, ModelInputs.of(rows));
    double independent =
        error(
            model,
            new Compressor(model, new DataAware(calibration, Order.INDEPENDENT)),
            rank,
            rows);
    double sequential =
        error(
            model, new Compressor(model, new DataAware(calibration, Order.SEQUENTIAL)), rank, rows);
    // The ridge gives up a little of the fit.
    assertThat(sequential).isLessThanOrEqualTo(independent * 1.01);
  }

  @Test
  void sequentialGainsWhereTheFirstLayerLosesMuch() throws Exception {
    OnnxModel model = Networks.mlp(7, 16, 20, 20);
    Rows rows = Networks.rows(8, 400, 16);
    Calibration calibration = Calibration.gather(model, ModelInputs.of(rows));
    double independent =
        error(model, new Compressor(model, new DataAware(calibration, Order.INDEPENDENT)), 2, rows);
    double sequential =
        error(model, new Compressor(model, new DataAware(calibration, Order.SEQUENTIAL)), 2, rows);
    assertThat(sequential).isLessThan(independent * 0.97);
  }

  @Test
  void momentsAreThoseOfTheRows() throws Exception {
    OnnxModel model = Networks.mlp(1, 5, 4);
    Rows rows = Networks.rows(2, 700, 5);
    InputMoments moments =
        Calibration.gather(model, ModelInputs.of(rows))
            .of(model.linearLayers().get(0).uses().get(0));
    assertThat(moments.count()).isEqualTo(700);
    for (int a = 0; a < 5; a++) {
      for (int b = 0; b < 5; b++) {
        double product = 0;
        double meanA = 0;
        double meanB = 0;
        for (int i = 0; i < 700; i++) {
          product += (double) rows.get(i, a) * rows.get(i, b) / 700;
          meanA += rows.get(i, a) / 700.0;
          meanB += rows.get(i, b) / 700.0;
        }
        assertThat(moments.secondMoment().get(a, b)).isCloseTo(product, within(1e-10));
        assertThat(moments.covariance().get(a, b))
            .isCloseTo(product - meanA * meanB, within(1e-10));
      }
    }
  }

  @Test
  void nonFiniteInputsNameTheLayer() throws Exception {
    OnnxModel model = Networks.mlp(1, 3, 4);
    assertThatThrownBy(() -> Calibration.gather(model, ModelInputs.of(Rows.of(3, 1, Float.NaN, 2))))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("fc1");
  }

  @Test
  void sensitivityIsTheMeasuredChangeOfTheLogits() throws Exception {
    OnnxModel model = Networks.mlp(3, 16, 20, 20);
    Rows rows = Networks.rows(4, 200, 16);
    Compressor compressor =
        new Compressor(
            model,
            new DataAware(Calibration.gather(model, ModelInputs.of(rows)), Order.INDEPENDENT));
    Sensitivity sensitivity = Sensitivity.measure(compressor, ModelInputs.of(rows));
    LinearLayer last = model.linearLayers().get(1);
    // For the last layer, the change of the logits is the loss itself.
    double all = compressor.truncation(last).loss(0);
    assertThat(sensitivity.weight(last, 1)).isCloseTo(all, within(1e-3 * all));
    assertThat(sensitivity.weight(last, 5)).isCloseTo(all, within(1e-3 * all));
  }

  /** Mean squared change of the logits when every layer has the given rank. */
  private static double error(OnnxModel model, Compressor compressor, int rank, Rows rows)
      throws Exception {
    OnnxModel factored = compressor.apply(compressor.plan(new RankPolicy.Uniform(rank)));
    try (OnnxRuntimeSession dense = OnnxRuntimeSession.of(model);
        OnnxRuntimeSession smaller = OnnxRuntimeSession.of(factored)) {
      Rows a = dense.logits(rows);
      Rows b = smaller.logits(rows);
      double sum = 0;
      for (int i = 0; i < a.count(); i++) {
        for (int j = 0; j < a.width(); j++) {
          sum += Math.pow(a.get(i, j) - b.get(i, j), 2);
        }
      }
      return sum / a.count();
    }
  }
}
