package io.rankfall.compress;

import io.rankfall.spectra.Matrix;
import java.io.IOException;

/**
 * How the numbers of a tensor make up a matrix, outputs × inputs. From number {@code from} on they
 * run over [outer][middle][inner]; the matrix takes {@code rows} of the middle ones from {@code
 * first} on, and its column x·inner + y is [x][·][y].
 *
 * @param from the first number of the tensor that belongs to the block
 */
record MatrixLayout(long from, int outer, int middle, int first, int rows, int inner) {

  /** Rows are stored one after another. */
  static MatrixLayout outputsFirst(long from, int rows, int cols) {
    return new MatrixLayout(from, 1, rows, 0, rows, cols);
  }

  /** Columns are stored one after another. */
  static MatrixLayout inputsFirst(long from, int rows, int cols) {
    return new MatrixLayout(from, cols, rows, 0, rows, 1);
  }

  int cols() {
    return outer * inner;
  }

  Matrix read(StoredTensor tensor) throws IOException {
    int cols = cols();
    try (NumberReader numbers = tensor.numbers()) {
      numbers.skip(from);
      return Matrix.filled(
          rows,
          cols,
          values -> {
            for (int x = 0; x < outer; x++) {
              numbers.skip((long) first * inner);
              if (inner == 1) {
                numbers.read(values, x, rows, cols);
              } else {
                for (int i = 0; i < rows; i++) {
                  numbers.read(values, i * cols + x * inner, inner, 1);
                }
              }
              numbers.skip((long) (middle - first - rows) * inner);
            }
          });
    }
  }
}
