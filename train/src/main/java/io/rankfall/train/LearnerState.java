package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All numbers that decide how a {@link Learner} goes on, to the bit. What they mean is the
 * learner's own matter: one of another kind cannot take them.
 *
 * @param tensors by name: weights, velocities, running statistics
 * @param scalars by name, in double precision
 */
public record LearnerState(Map<String, Matrix> tensors, Map<String, Double> scalars) {
  public LearnerState {
    tensors = Map.copyOf(tensors);
    scalars = Map.copyOf(scalars);
  }

  /**
   * A copy of the numbers of a tensor, row by row.
   *
   * @throws IllegalArgumentException if it is missing or has another shape
   */
  float[] tensor(String name, int rows, int cols) {
    Matrix found = tensors.get(name);
    if (found == null || found.rows() != rows || found.cols() != cols) {
      throw new IllegalArgumentException(
          "state %s: expected %dx%d, found %s"
              .formatted(
                  name, rows, cols, found == null ? "nothing" : found.rows() + "x" + found.cols()));
    }
    return found.toArray();
  }

  /**
   * A copy of the numbers of a row; null if there is none of that name.
   *
   * @throws IllegalArgumentException if it has another shape
   */
  float @Nullable [] rowIfPresent(String name, int cols) {
    return tensors.containsKey(name) ? tensor(name, 1, cols) : null;
  }

  /**
   * A scalar.
   *
   * @throws IllegalArgumentException if it is missing
   */
  double scalar(String name) {
    Double found = scalars.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "state %s: expected a number, found nothing".formatted(name));
    }
    return found;
  }

  /** Collects a state part by part. */
  static final class Writer {
    private final Map<String, Matrix> tensors = new TreeMap<>();
    private final Map<String, Double> scalars = new TreeMap<>();

    void tensor(String name, Matrix values) {
      tensors.put(name, values);
    }

    void row(String name, float... values) {
      tensors.put(name, Matrix.of(1, values.length, values));
    }

    void scalar(String name, double value) {
      scalars.put(name, value);
    }

    LearnerState state() {
      return new LearnerState(tensors, scalars);
    }
  }
}
