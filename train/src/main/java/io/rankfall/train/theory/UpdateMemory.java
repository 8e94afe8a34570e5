package io.rankfall.train.theory;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.GradientFactors;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of one layer's last steps, each overwriting the oldest: b·(out + in) numbers a step
 * where they are known by their factors, out·in where not.
 */
final class UpdateMemory {
  private final int rows;
  private final int cols;
  private final @Nullable Update[] ring;

  /** One step's gradient: ΔᵀX, or a matrix. */
  static final class Update {
    private final int capacity;
    private final float[] numbers;
    private final int rows;
    private final int cols;
    private long step;
    private int count;

    /** A matrix if {@code capacity} is 0, else factors of at most so many rows. */
    private Update(int capacity, int rows, int cols) {
      this.capacity = capacity;
      this.rows = rows;
      this.cols = cols;
      this.numbers = new float[capacity == 0 ? rows * cols : capacity * (rows + cols)];
    }

    /** Whether the gradient is known by its factors. */
    boolean factored() {
      return capacity > 0;
    }

    /** b; of a matrix, all its rows. */
    int count() {
      return count;
    }

    /** Number j of δ of the given row. */
    double delta(int row, int j) {
      return numbers[row * rows + j];
    }

    /** Number j of x of the given row. */
    double input(int row, int j) {
      return numbers[capacity * rows + row * cols + j];
    }

    /** Entry of the matrix. */
    double entry(int i) {
      return numbers[i];
    }

    /** S = Σ‖δ‖·‖x‖, or ‖G‖. */
    double size() {
      if (!factored()) {
        return Math.sqrt(squares(0, numbers.length));
      }
      double sum = 0;
      for (int b = 0; b < count; b++) {
        sum +=
            Math.sqrt(squares(b * rows, rows))
                * Math.sqrt(squares(capacity * rows + b * cols, cols));
      }
      return sum;
    }

    private double squares(int from, int length) {
      // Four sums: one alone would wait for each addition.
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      int end = from + length;
      int i = from;
      for (; i + 3 < end; i += 4) {
        double v0 = numbers[i];
        double v1 = numbers[i + 1];
        double v2 = numbers[i + 2];
        double v3 = numbers[i + 3];
        s0 += v0 * v0;
        s1 += v1 * v1;
        s2 += v2 * v2;
        s3 += v3 * v3;
      }
      for (; i < end; i++) {
        s0 += (double) numbers[i] * numbers[i];
      }
      return (s0 + s1) + (s2 + s3);
    }

    Matrix deltas() {
      return Matrix.filled(count, rows, to -> System.arraycopy(numbers, 0, to, 0, count * rows));
    }

    Matrix inputs() {
      return Matrix.filled(
          count, cols, to -> System.arraycopy(numbers, capacity * rows, to, 0, count * cols));
    }

    Matrix matrix() {
      return Matrix.filled(rows, cols, to -> System.arraycopy(numbers, 0, to, 0, to.length));
    }

    private void copy(GradientFactors factors) {
      count = factors.rows();
      for (int b = 0; b < count; b++) {
        factors.copyDelta(b, numbers, b * rows);
        factors.copyInputs(b, numbers, capacity * rows + b * cols);
      }
    }

    private void copy(Matrix gradient) {
      count = rows;
      System.arraycopy(gradient.toArray(), 0, numbers, 0, numbers.length);
    }
  }

  /**
   * A memory of so many steps.
   *
   * @param rows d_out
   * @param cols d_in
   * @param steps at least 1
   */
  UpdateMemory(int rows, int cols, int steps) {
    this.rows = rows;
    this.cols = cols;
    this.ring = new Update[steps];
  }

  /** Remembers a step's gradient. */
  Update put(long step, GradientFactors factors, int mostRows) {
    Update update = slot(step, mostRows);
    update.copy(factors);
    return update;
  }

  Update put(long step, Matrix gradient) {
    Update update = slot(step, 0);
    update.copy(gradient);
    return update;
  }

  private Update slot(long step, int capacity) {
    int at = (int) (step % ring.length);
    Update update = ring[at];
    if (update == null) {
      update = new Update(capacity, rows, cols);
      ring[at] = update;
    }
    update.step = step;
    return update;
  }

  /**
   * A step's gradient.
   *
   * @throws IllegalStateException if it is forgotten
   */
  Update get(long step) {
    Update update = ring[(int) (step % ring.length)];
    if (update == null || update.step != step) {
      throw new IllegalStateException(
          "gradient of step %d: expected it among the last %d remembered, found another"
              .formatted(step, ring.length));
    }
    return update;
  }
}
