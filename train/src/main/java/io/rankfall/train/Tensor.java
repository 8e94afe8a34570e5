package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.List;

/**
 * Numbers with a shape, immutable.
 *
 * @param shape the first dimension varies slowest
 * @param matrix the same numbers with all dimensions but the first in its columns; one row for a
 *     vector
 */
public record Tensor(List<Integer> shape, Matrix matrix) {
  public Tensor {
    shape = List.copyOf(shape);
    long rows = shape.size() == 1 ? 1 : shape.get(0);
    long cols = shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact) / rows;
    if (matrix.rows() != rows || matrix.cols() != cols) {
      throw new IllegalArgumentException(
          "tensor: expected %dx%d numbers for shape %s, found %dx%d"
              .formatted(rows, cols, shape, matrix.rows(), matrix.cols()));
    }
  }

  /** Copies {@code values}. */
  static Tensor of(List<Integer> shape, float[] values) {
    int rows = shape.size() == 1 ? 1 : shape.get(0);
    return new Tensor(shape, Matrix.of(rows, values.length / rows, values));
  }

  /** A matrix as it is. */
  static Tensor of(Matrix matrix) {
    return new Tensor(List.of(matrix.rows(), matrix.cols()), matrix);
  }

  /** The numbers of a matrix of one row. */
  static Tensor vector(Matrix row) {
    return new Tensor(List.of(row.cols()), row);
  }

  /** A copy of the numbers. */
  public float[] toArray() {
    return matrix.toArray();
  }
}
