package io.rankfall.train.theory;

import io.rankfall.spectra.Blas;
import io.rankfall.spectra.Blas.Op;
import io.rankfall.spectra.Matrix;
import org.bytedeco.javacpp.DoublePointer;

/**
 * V = −Σ weight·G over steps, d_out × d_in in double precision: factors are gathered, so that many
 * steps are one matrix product.
 */
final class UpdateSum implements AutoCloseable {
  /** Rows of factors that are multiplied at once. */
  private static final int MOST_ROWS = 1024;

  private final int rows;
  private final int cols;
  private final DoublePointer sum;
  private final DoublePointer deltas;
  private final DoublePointer inputs;
  private final double[] delta;
  private final double[] input;
  private int gathered;

  UpdateSum(int rows, int cols) {
    this.rows = rows;
    this.cols = cols;
    this.sum = new DoublePointer(new double[Math.multiplyExact(rows, cols)]);
    this.deltas = new DoublePointer((long) MOST_ROWS * rows);
    this.inputs = new DoublePointer((long) MOST_ROWS * cols);
    this.delta = new double[rows];
    this.input = new double[cols];
  }

  /** V ← V − weight·G. */
  void subtract(double weight, UpdateMemory.Update update) {
    if (!update.factored()) {
      double[] row = new double[cols];
      for (int i = 0; i < rows; i++) {
        at(i).get(row);
        for (int j = 0; j < cols; j++) {
          row[j] -= weight * update.entry(i * cols + j);
        }
        at(i).put(row);
      }
      return;
    }
    for (int b = 0; b < update.count(); b++) {
      for (int j = 0; j < rows; j++) {
        delta[j] = -weight * update.delta(b, j);
      }
      for (int j = 0; j < cols; j++) {
        input[j] = update.input(b, j);
      }
      deltas.getPointer((long) gathered * rows).put(delta);
      inputs.getPointer((long) gathered * cols).put(input);
      gathered++;
      if (gathered == MOST_ROWS) {
        multiply();
      }
    }
  }

  private DoublePointer at(int row) {
    return sum.getPointer((long) row * cols);
  }

  /** Row by row here is column by column of the transpose for BLAS: Vᵀ += Xᵀ·Δ. */
  private void multiply() {
    if (gathered > 0) {
      Blas.load()
          .dgemm(
              Op.AS_IS,
              Op.TRANSPOSED,
              cols,
              rows,
              gathered,
              1,
              inputs,
              cols,
              deltas,
              rows,
              1,
              sum,
              cols);
      gathered = 0;
    }
  }

  /** ‖V‖_F. */
  double norm() {
    return distance(new double[0]);
  }

  /** ‖Σ factor·W − V‖_F of matrices of V's shape. */
  double distance(double[] factors, Matrix... matrices) {
    multiply();
    float[][] values = new float[matrices.length][];
    for (int k = 0; k < matrices.length; k++) {
      values[k] = matrices[k].toArray();
    }
    double[] row = new double[cols];
    double squares = 0;
    for (int i = 0; i < rows; i++) {
      at(i).get(row);
      for (int j = 0; j < cols; j++) {
        double entry = -row[j];
        for (int k = 0; k < values.length; k++) {
          entry += factors[k] * values[k][i * cols + j];
        }
        squares += entry * entry;
      }
    }
    return Math.sqrt(squares);
  }

  /**
   * V in single precision, times the power of two that brings its largest number to 1 or a little
   * more: of numbers too small for single precision the rank would be lost.
   */
  Matrix scaled() {
    multiply();
    double[] row = new double[cols];
    double largest = 0;
    for (int i = 0; i < rows; i++) {
      at(i).get(row);
      for (double value : row) {
        largest = Math.max(largest, Math.abs(value));
      }
    }
    int exponent = largest == 0 ? 0 : -Math.getExponent(largest);
    return Matrix.filled(
        rows,
        cols,
        values -> {
          for (int i = 0; i < rows; i++) {
            at(i).get(row);
            for (int j = 0; j < cols; j++) {
              values[i * cols + j] = (float) Math.scalb(row[j], exponent);
            }
          }
        });
  }

  @Override
  public void close() {
    sum.close();
    deltas.close();
    inputs.close();
  }
}
