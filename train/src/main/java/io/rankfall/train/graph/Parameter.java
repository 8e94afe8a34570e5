package io.rankfall.train.graph;

import java.util.List;

/**
 * An array of numbers that belongs to a layer.
 *
 * @param name within its layer, as PyTorch's: {@code weight}, {@code bias}, {@code running_mean}
 * @param shape with the outputs first
 */
public record Parameter(String name, List<Integer> shape, Role role) {

  /** What an array is for, which decides how it begins. */
  public enum Role {
    /** Drawn by the run's initialization; a matrix of outputs × inputs whose rank is watched. */
    WEIGHT,
    /** Weights of a {@link Layer.Local}; drawn as those of as many inputs as it has. */
    SQUARES,
    /** Of a layer with weights; drawn by the run's initialization. */
    BIAS,
    /** The lengths of the rows of the layer's weights, as drawn. */
    ROW_NORMS,
    /** γ of a normalisation, and a running variance: ones. */
    ONES,
    /** β of a normalisation, and a running mean: zeros. */
    ZEROS,
    /** Vectors of tokens or positions: normal with deviation 0.02, as GPT-2's. */
    EMBEDDING
  }

  private static final String RUNNING = "running_";

  public Parameter {
    shape = List.copyOf(shape);
    if (shape.isEmpty() || shape.stream().anyMatch(dimension -> dimension < 1)) {
      throw new IllegalArgumentException(
          "parameter %s: expected dimensions >= 1, found %s".formatted(name, shape));
    }
  }

  /** The shape and the name of a statistic that normalisation keeps instead of training it. */
  static Parameter running(String statistic, int width, Role role) {
    return new Parameter(RUNNING + statistic, List.of(width), role);
  }

  /** Whether gradients reach it. */
  public boolean trained() {
    return !name.startsWith(RUNNING);
  }

  /** Rows as a matrix, one of a vector. */
  public int rows() {
    return shape.size() == 1 ? 1 : shape.get(0);
  }

  /** Columns as a matrix: all dimensions but the first. */
  public int cols() {
    return Math.toIntExact(size() / rows());
  }

  /** How many numbers it has. */
  public long size() {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }
}
