package io.rankfall.compress;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.SymmetricMatrix;
import io.rankfall.spectra.Truncation;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the layers of one model really see: the moments of their inputs on sample rows, and the rows
 * themselves.
 */
public final class Calibration {
  /**
   * A convolution whose patches have more numbers is fitted to nothing but its kernel: n²
   * covariances, and n³ operations to decompose them.
   */
  static final int WIDEST_PATCH = 2304;

  private final ModelInputs examples;
  private final Map<LinearLayer.Use, InputMoments> moments;
  private final Optional<OutputCurvature> curvature;

  private Calibration(
      ModelInputs examples,
      Map<LinearLayer.Use, InputMoments> moments,
      Optional<OutputCurvature> curvature) {
    this.examples = examples;
    this.moments = moments;
    this.curvature = curvature;
  }

  /**
   * Runs the model on the examples, batch by batch. Memory: two n×n matrices of doubles for each
   * distinct layer input of width n, whatever the number of examples. What a convolution sees are
   * the patches under its kernel, n = C_in·k₁·k₂…; of {@value PatchSampler#WANTED} patches of all
   * examples and of every one where there are fewer. Where n is above {@value #WIDEST_PATCH}, only
   * the mean square is taken.
   *
   * @throws ModelFormatException if ONNX Runtime does not load the model
   * @throws NonFiniteException naming the layer, if an input is NaN or infinite
   */
  public static Calibration gather(OnnxModel model, ModelInputs examples)
      throws ModelFormatException {
    return gather(model, examples, CompressionListener.NONE);
  }

  static Calibration gather(OnnxModel model, ModelInputs examples, CompressionListener listener)
      throws ModelFormatException {
    try (ProbedSums sums = new ProbedSums()) {
      for (Layer layer : model.layers()) {
        for (LinearLayer.Use use : layer.uses()) {
          add(sums, model, layer, use, examples.count());
        }
      }
      try (InputProbe probe = new InputProbe(model, sums.values())) {
        probe.forEachBatch(examples, sums, listener);
      }
      Map<LinearLayer.Use, InputMoments> moments = new HashMap<>();
      Map<Object, InputMoments> byKey = new HashMap<>();
      for (Layer layer : model.layers()) {
        for (LinearLayer.Use use : layer.uses()) {
          moments.put(use, byKey.computeIfAbsent(key(layer, use), k -> finished(sums, k, layer)));
        }
      }
      return new Calibration(examples, moments, Optional.empty());
    }
  }

  private static void add(
      ProbedSums sums, OnnxModel model, Layer layer, LinearLayer.Use use, int examples) {
    if (layer instanceof Convolution convolution) {
      if (layer.cols() > WIDEST_PATCH) {
        sums.add(key(layer, use), use.input(), 1, ProbedSums::numbers);
      } else {
        sums.add(
            key(layer, use),
            use.input(),
            layer.cols(),
            ProbedSums.patches(model.graph().node(use.node()), convolution, examples));
      }
    } else {
      sums.add(key(layer, use), use.input(), layer.cols(), ProbedSums::rows);
    }
  }

  /** Linear layers that read one value see the same; convolutions see patches of their own. */
  private static Object key(Layer layer, LinearLayer.Use use) {
    return layer instanceof Convolution ? use : use.input();
  }

  private static InputMoments finished(ProbedSums sums, Object key, Layer layer) {
    try {
      return sums.moments(key);
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
    InputMoments found = moments.get(use);
    if (found == null) {
      throw new IllegalArgumentException(
          "calibration: expected a layer of the calibrated model, found input " + use.input());
    }
    return found;
  }

  /** Whether the second moments of a layer's inputs are known; see {@link #WIDEST_PATCH}. */
  boolean isFitted(Layer layer) {
    return layer.uses().stream().allMatch(use -> of(use).width() == layer.cols());
  }

  /** How far the inputs of a layer that {@linkplain #isFitted is fitted} span their space. */
  InputSpan span(Layer layer) {
    long seen = layer.uses().stream().mapToLong(use -> of(use).count()).sum();
    return InputSpan.of(seen, inputs(layer));
  }

  /** G of a layer, if it is known. */
  Optional<SymmetricMatrix> outputs(Layer layer) {
    return curvature.map(known -> known.of(layer));
  }

  /**
   * What ‖W − W'‖_F² of a layer that is not {@linkplain #isFitted fitted} is about worth in the
   * unit of the others' losses: the mean square of its inputs times the mean eigenvalue of G.
   */
  double scale(Layer layer) {
    double squares = 0;
    double total = 0;
    for (LinearLayer.Use use : layer.uses()) {
      squares += of(use).count() * of(use).secondMoment().get(0, 0);
      total += of(use).count();
    }
    return squares / total * outputs(layer).map(g -> g.trace() / g.order()).orElse(1.0);
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
  public SymmetricMatrix inputs(Layer layer) {
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
