package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Spectrum;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which matrices of safetensors files can be factored, what each rank of theirs loses, and why the
 * others are copied. Every matrix is read once, as many at a time as fit into the heap; what stays
 * are singular values.
 *
 * @param parameters numbers in all floating-point tensors
 */
record SafetensorsLayers(long parameters, List<Layer> layers, List<SkippedWeight> skipped) {

  SafetensorsLayers {
    layers = List.copyOf(layers);
    skipped = List.copyOf(skipped);
  }

  /** A matrix as stored and its options, whose losses are shares of Σσ². */
  record Layer(StoredTensor tensor, RankOptions options) {
    String name() {
      return ModelFormatException.oneLine(tensor.name());
    }

    int rows() {
      return tensor.shape().get(0).intValue();
    }

    int cols() {
      return tensor.shape().get(1).intValue();
    }

    long size() {
      return tensor.count();
    }
  }

  static SafetensorsLayers of(SafetensorsSource source) throws IOException {
    ModelWeights weights = SafetensorsWeights.of(source);
    List<SkippedWeight> skipped = new ArrayList<>(weights.skipped());
    Map<String, StoredTensor> wanted = new HashMap<>();
    List<StoredMatrix> matrices = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (StoredMatrix matrix : weights.matrices()) {
      StoredTensor tensor = matrix.stored();
      Optional<String> obstacle = obstacle(matrix, source);
      if (obstacle.isEmpty() && wanted.putIfAbsent(matrix.name(), tensor) == null) {
        matrices.add(matrix);
      } else if (seen.add(tensor.name())) {
        skipped.add(
            SkippedWeight.of(
                tensor.name(), tensor.shapeText(), obstacle.orElse("its name is not unique")));
      }
    }
    Inspection inspection =
        inspected(new ModelWeights(weights.parameters(), matrices, List.of(), List.of()));
    skipped.addAll(inspection.skipped());
    skipped.addAll(inspection.nonFinite());
    List<Layer> layers = new ArrayList<>();
    for (InspectedMatrix matrix : inspection.matrices()) {
      StoredTensor tensor = wanted.get(matrix.name());
      if (tensor != null) {
        layers.add(new Layer(tensor, options(tensor, matrix.spectrum())));
      }
    }
    return new SafetensorsLayers(weights.parameters(), layers, skipped);
  }

  private static Inspection inspected(ModelWeights weights) throws IOException {
    try {
      return Inspection.of(
          weights, Runtime.getRuntime().availableProcessors(), InspectionListener.NONE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private static Optional<String> obstacle(StoredMatrix matrix, SafetensorsSource source) {
    StoredTensor tensor = matrix.stored();
    if (matrix.kind() != MatrixKind.LINEAR) {
      return Optional.of(matrix.kind().label() + ": copied");
    }
    if (tensor.shape().size() != 2) {
      return Optional.of("several matrices in one tensor: copied");
    }
    if (SafetensorsFactors.isFactor(tensor.name())) {
      return Optional.of("a factor already");
    }
    if (source.tensors().containsKey(SafetensorsFactors.left(tensor.name()))
        || source.tensors().containsKey(SafetensorsFactors.right(tensor.name()))) {
      return Optional.of("has an adapter with the names that its factors would get");
    }
    return SafetensorsFactors.obstacle(tensor.type());
  }

  /** Spectra do not change with the orientation, so the tensor counts as it is stored. */
  private static RankOptions options(StoredTensor tensor, Spectrum spectrum) {
    int rows = tensor.shape().get(0).intValue();
    int cols = tensor.shape().get(1).intValue();
    double[] left = new double[spectrum.size() + 1];
    for (int r = spectrum.size() - 1; r >= 0; r--) {
      left[r] = left[r + 1] + spectrum.sigma(r) * spectrum.sigma(r);
    }
    double[] losses = new double[LowRank.breakEvenRank(rows, cols)];
    for (int k = 0; k < losses.length; k++) {
      losses[k] = left[0] == 0 ? 0 : left[k + 1] / left[0];
    }
    return new RankOptions(rows, cols, losses);
  }
}
