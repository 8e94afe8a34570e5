package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.DoublePointer;

/**
 * Which of the inputs x of a matrix W can go, for every number kept: one after another the input
 * goes whose loss costs least when the columns left make up for it by least squares.
 *
 * <p>Without input j the least E[xᵀ(W − W')ᵀG(W − W')x] + ρ·tr (W − W')ᵀG(W − W') is w_jᵀGw_j / (C
 * + ρI)⁻¹_jj, reached at W' = W − w_j·(C + ρI)⁻¹_j / (C + ρI)⁻¹_jj: the step of Optimal Brain
 * Surgeon (Hassibi and Stork, NIPS 1992) for whole columns. Since W' makes the least of the same
 * quadratic form, losses add up, and those of k inputs are exact for the inputs that went, though
 * another choice of k inputs may lose less. Takes n³/3 steps of an n×n update.
 */
public final class ColumnSelection {
  /**
   * ρ as a share of the mean eigenvalue of C: keeps the columns left from making up for others with
   * large weights that only the sample justifies.
   */
  private static final double RIDGE = 1e-3;

  private final SymmetricMatrix inputs;
  private final double rho;

  /** The inputs, first gone first. */
  private final int[] order;

  /** losses[k] with k inputs gone. */
  private final double[] losses;

  private ColumnSelection(SymmetricMatrix inputs, double rho, int[] order, double[] losses) {
    this.inputs = inputs;
    this.rho = rho;
    this.order = order;
    this.losses = losses;
  }

  /**
   * Orders the inputs.
   *
   * @param inputs C = E[xxᵀ], n×n; the covariance where a bias takes what is lost of the mean
   * @param weights WᵀGW, n×n, with G what an error of the outputs matters; the sum of those of
   *     several matrices with the same inputs
   */
  public static ColumnSelection of(SymmetricMatrix inputs, SymmetricMatrix weights) {
    int n = inputs.order();
    if (weights.order() != n) {
      throw new IllegalArgumentException(
          "column selection: expected %d inputs in both matrices, found %d"
              .formatted(n, weights.order()));
    }
    double shift = RIDGE * inputs.trace() / n;
    // Inputs that never vary: any ridge lets all of them go for nothing but itself.
    double rho = shift > 0 ? shift : 1;
    Elimination elimination = new Elimination(inputs.eigen().power(-1, rho), weights);
    int[] order = new int[n];
    double[] losses = new double[n + 1];
    for (int k = 0; k < n; k++) {
      losses[k + 1] = losses[k] + elimination.removeCheapest();
      order[k] = elimination.removed();
    }
    return new ColumnSelection(inputs, rho, order, losses);
  }

  /** n. */
  public int width() {
    return order.length;
  }

  /**
   * The loss at W' of {@link #fit}, ridge included; 0 if all inputs are kept.
   *
   * @param kept from 0 to n
   */
  public double loss(int kept) {
    return losses[width() - kept];
  }

  /** The inputs kept when only so many are, ascending; those of fewer are among those of more. */
  public List<Integer> kept(int count) {
    return Arrays.stream(order, width() - requireCount(count), width()).sorted().boxed().toList();
  }

  /**
   * W' on the inputs kept, m×count: W·(C + ρI)_{:,S}·((C + ρI)_SS)⁻¹, in double precision and
   * rounded once.
   *
   * @param w with n columns
   */
  public Matrix fit(Matrix w, int count) {
    if (w.cols() != width()) {
      throw new IllegalArgumentException(
          "column selection: expected a matrix with %d columns, found %dx%d"
              .formatted(width(), w.rows(), w.cols()));
    }
    int n = width();
    int m = w.rows();
    List<Integer> kept = kept(count);
    if (count == n) {
      return w;
    }
    double[] among = new double[Math.multiplyExact(count, count)];
    double[] cross = new double[Math.multiplyExact(n, count)];
    for (int a = 0; a < count; a++) {
      int row = kept.get(a);
      for (int b = 0; b < count; b++) {
        among[a * count + b] = inputs.get(row, kept.get(b));
      }
      for (int j = 0; j < n; j++) {
        // Column by column: C_{S,:}.
        cross[j * count + a] = inputs.get(row, j) + (row == j ? rho : 0);
      }
    }
    SymmetricMatrix inverse = SymmetricMatrix.of(count, among).eigen().power(-1, rho);
    try (DoublePointer c = new DoublePointer(cross);
        DoublePointer wt = SymmetricMatrix.toNative(w);
        DoublePointer target = new DoublePointer((long) count * m)) {
      // To BLAS, row-major W is Wᵀ (n×m), and a column-major W'ᵀ is W' row by row.
      Blas.load().dgemm(Op.AS_IS, Op.AS_IS, count, m, n, 1, c, count, wt, n, 0, target, count);
      try (DoublePointer fitted = inverse.times(target, m)) {
        return Truncation.rounded(m, count, fitted);
      }
    }
  }

  private int requireCount(int count) {
    if (count < 1 || count > width()) {
      throw new IllegalArgumentException(
          "columns kept: expected 1 to %d, found %d".formatted(width(), count));
    }
    return count;
  }

  /** The state while inputs go: rows and columns of those left come first in both matrices. */
  private static final class Elimination {
    private final int n;
    private final int[] inputs;

    /** Lower triangles, row by row, of (C + ρI)⁻¹ and WᵀGW for the columns left. */
    private final double[] inverse;

    private final double[] weights;
    private final double[] step;
    private final double[] column;
    private int left;

    Elimination(SymmetricMatrix inverse, SymmetricMatrix weights) {
      this.n = inverse.order();
      this.left = n;
      this.inputs = new int[n];
      this.inverse = new double[n * n];
      this.weights = new double[n * n];
      this.step = new double[n];
      this.column = new double[n];
      for (int i = 0; i < n; i++) {
        inputs[i] = i;
        for (int j = 0; j <= i; j++) {
          this.inverse[i * n + j] = inverse.get(i, j);
          this.weights[i * n + j] = weights.get(i, j);
        }
      }
    }

    /** The input that went last. */
    int removed() {
      return inputs[left];
    }

    double removeCheapest() {
      int cheapest = 0;
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < left; i++) {
        double cost = Math.max(0, weights[i * n + i]) / inverse[i * n + i];
        if (cost < least) {
          least = cost;
          cheapest = i;
        }
      }
      remove(cheapest);
      return least;
    }

    /** W ← W − w_p·sᵀ with s = inverse_p / inverse_pp, and the inverse without p. */
    private void remove(int p) {
      double pivot = inverse[p * n + p];
      double weight = weights[p * n + p];
      for (int i = 0; i < left; i++) {
        int at = i >= p ? i * n + p : p * n + i;
        step[i] = inverse[at] / pivot;
        column[i] = weights[at];
      }
      for (int i = 0; i < left; i++) {
        double s = step[i];
        double q = column[i] - weight * s;
        for (int j = 0; j <= i; j++) {
          inverse[i * n + j] -= pivot * s * step[j];
          weights[i * n + j] -= s * column[j] + q * step[j];
        }
      }
      left--;
      moveLastTo(p, inverse);
      moveLastTo(p, weights);
      int gone = inputs[p];
      inputs[p] = inputs[left];
      inputs[left] = gone;
    }

    private void moveLastTo(int p, double[] triangle) {
      int last = left;
      if (p == last) {
        return;
      }
      for (int j = 0; j < p; j++) {
        triangle[p * n + j] = triangle[last * n + j];
      }
      for (int i = p + 1; i < last; i++) {
        triangle[i * n + p] = triangle[last * n + i];
      }
      triangle[p * n + p] = triangle[last * n + last];
    }
  }
}
