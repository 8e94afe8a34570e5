package io.rankfall.compress;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.SymmetricMatrix;
import io.rankfall.spectra.Truncation;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the layers of one model really see: the moments of their inputs on sample rows, and the rows
 * themselves.
 */
public final class Calibration {
  private final ModelInputs examples;
  private final Map<String, InputMoments> moments;
  private final Optional<OutputCurvature> curvature;

  private Calibration(
      ModelInputs examples,
      Map<String, InputMoments> moments,
      Optional<OutputCurvature> curvature) {
    this.examples = examples;
    this.moments = moments;
    this.curvature = curvature;
  }

  /**
   * Runs the model on the rows, batch by batch. Memory: two n×n matrices of doubles for each
   * distinct layer input of width n, whatever the number of rows.
   *
   * @throws ModelFormatException if ONNX Runtime does not load the model
   * @throws NonFiniteException naming the layer, if an input is NaN or infinite
   */
  public static Calibration gather(OnnxModel model, ModelInputs examples)
      throws ModelFormatException {
    Map<String, MomentSum> sums = new HashMap<>();
    try {
      Set<String> values = new LinkedHashSet<>();
      for (LinearLayer layer : model.linearLayers()) {
        for (LinearLayer.Use use : layer.uses()) {
          if (values.add(use.input())) {
            sums.put(use.input(), new MomentSum(layer.cols()));
          }
        }
      }
      try (InputProbe probe = new InputProbe(model, values)) {
        probe.forEachBatch(examples, seen -> MomentSum.addAll(sums, seen));
      }
      Map<String, InputMoments> moments = new HashMap<>();
      for (LinearLayer layer : model.linearLayers()) {
        for (LinearLayer.Use use : layer.uses()) {
          moments.computeIfAbsent(
              use.input(), name -> finished(Objects.requireNonNull(sums.get(name)), layer));
        }
      }
      return new Calibration(examples, moments, Optional.empty());
    } finally {
      sums.values().forEach(MomentSum::close);
    }
  }

  private static InputMoments finished(MomentSum sum, LinearLayer layer) {
    try {
      return sum.moments();
    } catch (NonFiniteException e) {
      throw new NonFiniteException(
          "input of layer %s: expected finite numbers, found NaN or Inf".formatted(layer.name()));
    }
  }

  /** The same moments, with what errors of the layers' outputs do to the model's. */
  public Calibration with(OutputCurvature known) {
    return new Calibration(examples, moments, Optional.of(known));
  }

  /** What errors of the layers' outputs do to the model's, if it is known. */
  public Optional<OutputCurvature> curvature() {
    return curvature;
  }

  /** The examples that were run. */
  public ModelInputs examples() {
    return examples;
  }

  /** The moments of the inputs of one use of a layer. */
  public InputMoments of(LinearLayer.Use use) {
    InputMoments found = moments.get(use.input());
    if (found == null) {
      throw new IllegalArgumentException(
          "calibration: expected a layer of the calibrated model, found input " + use.input());
    }
    return found;
  }

  /**
   * The best approximations of a matrix in the place of a layer.
   *
   * @param inputs C
   */
  Truncation truncation(LinearLayer layer, Matrix w, SymmetricMatrix inputs) {
    return curvature
        .map(known -> Truncation.of(w, inputs, known.of(layer)))
        .orElseGet(() -> Truncation.of(w, inputs));
  }

  /**
   * C such that E‖(W − W')x‖² = tr (W − W')·C·(W − W')ᵀ once biases are corrected: the covariance
   * where a use has a bias, else the second moment; uses are weighted by their counts.
   */
  public SymmetricMatrix inputs(LinearLayer layer) {
    if (layer.uses().size() == 1) {
      return inputs(layer.uses().get(0));
    }
    int n = layer.cols();
    double[] sum = new double[n * n];
    double total = 0;
    for (LinearLayer.Use use : layer.uses()) {
      total += of(use).count();
    }
    for (LinearLayer.Use use : layer.uses()) {
      SymmetricMatrix c = inputs(use);
      double share = of(use).count() / total;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          sum[i * n + j] += share * c.get(i, j);
        }
      }
    }
    return SymmetricMatrix.of(n, sum);
  }

  private SymmetricMatrix inputs(LinearLayer.Use use) {
    return use.bias().isPresent() ? of(use).covariance() : of(use).secondMoment();
  }
}
