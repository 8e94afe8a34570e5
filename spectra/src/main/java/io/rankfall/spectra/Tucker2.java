package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import java.util.Arrays;
import org.bytedeco.javacpp.DoublePointer;

/**
 * The Tucker-2 decomposition of a convolution's kernel K (C_out × C_in × positions) on its two
 * channel modes, for every pair of ranks from one higher-order singular value decomposition (Tucker
 * 1966; De Lathauwer, De Moor and Vandewalle 2000; for kernels Kim et al., arXiv 1511.06530):
 *
 * <pre>K[o,c,p] ≈ Σ_{a≤r_out, b≤r_in} U[o,a]·S[a,b,p]·V[c,b],   S = K ×₁ Uᵀ ×₂ Vᵀ</pre>
 *
 * <p>U and V are the eigenvectors of the Gram matrices of the unfoldings C_out × (C_in·positions)
 * and C_in × (C_out·positions), largest eigenvalues first. Since both are orthogonal, what a pair
 * of ranks loses is exactly the energy of the entries of S it leaves out; it lies between the
 * larger and the sum of both unfoldings' Eckart–Young errors, at most twice the least possible.
 */
public final class Tucker2 {
  private final int outputs;
  private final int inputs;
  private final int positions;

  /** Uᵀ and Vᵀ, eigenvectors one a row. */
  private final double[] outputBasis;

  private final double[] inputBasis;

  /** S as C_out × (C_in·positions). */
  private final float[] core;

  /** losses[r_out·(C_in + 1) + r_in]. */
  private final double[] losses;

  private Tucker2(Matrix kernel, int inputs) {
    this.outputs = kernel.rows();
    this.inputs = inputs;
    this.positions = kernel.cols() / inputs;
    Matrix byInputs = inputsFirst(kernel);
    this.outputBasis = basis(kernel);
    this.inputBasis = basis(byInputs);
    double[] half = times(inputBasis, inputs, doubles(byInputs), outputs * positions);
    double[] s =
        times(outputBasis, outputs, swapped(half, inputs, outputs, positions), inputs * positions);
    this.core = new float[s.length];
    for (int i = 0; i < s.length; i++) {
      core[i] = (float) s[i];
    }
    this.losses = losses(s);
  }

  /**
   * Decomposes a kernel.
   *
   * @param kernel C_out × (C_in·positions), an input channel's positions side by side
   * @param inputs C_in
   * @throws NonFiniteException if an entry is NaN or infinite
   */
  public static Tucker2 of(Matrix kernel, int inputs) {
    if (inputs < 1 || kernel.cols() % inputs != 0) {
      throw new IllegalArgumentException(
          "kernel %dx%d: expected columns for each of %d inputs"
              .formatted(kernel.rows(), kernel.cols(), inputs));
    }
    if (!kernel.isFinite()) {
      throw new NonFiniteException(kernel + ": expected finite numbers, found NaN or Inf");
    }
    return new Tucker2(kernel, inputs);
  }

  /**
   * Three matrices that make up a kernel.
   *
   * @param input Vᵀ, r_in × C_in
   * @param core S, r_out × (r_in·positions)
   * @param output U, C_out × r_out
   */
  public record Factors(Matrix input, Matrix core, Matrix output) {}

  public int outputs() {
    return outputs;
  }

  public int inputs() {
    return inputs;
  }

  /** ‖K − K̂‖_F² = Σ of S² outside the leading r_out × r_in × positions. */
  public double loss(int outputRank, int inputRank) {
    return losses[outputRank * (inputs + 1) + inputRank];
  }

  /**
   * The factors of the given ranks, computed in double precision and rounded once.
   *
   * @param outputRank from 1 to C_out
   * @param inputRank from 1 to C_in
   */
  public Factors at(int outputRank, int inputRank) {
    if (outputRank < 1 || outputRank > outputs || inputRank < 1 || inputRank > inputs) {
      throw new IllegalArgumentException(
          "ranks of a kernel %dx%dx%d: expected 1 to %d and 1 to %d, found %d and %d"
              .formatted(outputs, inputs, positions, outputs, inputs, outputRank, inputRank));
    }
    int width = inputRank * positions;
    float[] s = new float[Math.multiplyExact(outputRank, width)];
    for (int a = 0; a < outputRank; a++) {
      System.arraycopy(core, a * inputs * positions, s, a * width, width);
    }
    return new Factors(
        leading(inputBasis, inputRank, inputs),
        Matrix.owning(outputRank, width, s),
        leading(outputBasis, outputRank, outputs).transposed());
  }

  private double[] losses(double[] s) {
    int stride = inputs + 1;
    double[] left = new double[Math.multiplyExact(outputs + 1, stride)];
    for (int a = outputs - 1; a >= 0; a--) {
      left[a * stride] = left[(a + 1) * stride];
      for (int i = (a + 1) * inputs * positions - 1; i >= a * inputs * positions; i--) {
        left[a * stride] += s[i] * s[i];
      }
    }
    // left[a, 0] is what output ranks from a on hold; each row above adds what it loses itself.
    double[] lost = new double[left.length];
    Arrays.fill(lost, 0, stride, left[0]);
    double[] within = new double[stride];
    for (int a = 0; a < outputs; a++) {
      double tail = 0;
      for (int b = inputs - 1; b >= 0; b--) {
        int from = (a * inputs + b) * positions;
        for (int p = 0; p < positions; p++) {
          tail += s[from + p] * s[from + p];
        }
        within[b] += tail;
      }
      for (int b = 0; b < stride; b++) {
        lost[(a + 1) * stride + b] = left[(a + 1) * stride] + within[b];
      }
    }
    return lost;
  }

  /** C_in × (C_out·positions). */
  private Matrix inputsFirst(Matrix kernel) {
    double[] swapped = swapped(doubles(kernel), outputs, inputs, positions);
    return Matrix.filled(
        inputs,
        outputs * positions,
        values -> {
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) swapped[i];
          }
        });
  }

  /** A[x,y,p] as B[y,x,p]. */
  private static double[] swapped(double[] a, int x, int y, int positions) {
    double[] b = new double[a.length];
    for (int i = 0; i < x; i++) {
      for (int j = 0; j < y; j++) {
        System.arraycopy(a, (i * y + j) * positions, b, (j * x + i) * positions, positions);
      }
    }
    return b;
  }

  private static double[] basis(Matrix unfolding) {
    int n = unfolding.rows();
    try (DoublePointer vectors = Gram.rowsOf(unfolding).eigen().leading(n)) {
      double[] rows = new double[Math.multiplyExact(n, n)];
      vectors.get(rows);
      return rows;
    }
  }

  /** A (n×n) times B (n×cols), row by row. */
  private static double[] times(double[] a, int n, double[] b, int cols) {
    try (DoublePointer left = new DoublePointer(a);
        DoublePointer right = new DoublePointer(b);
        DoublePointer product = new DoublePointer((long) n * cols)) {
      // To BLAS: (A·B)ᵀ = Bᵀ·Aᵀ.
      Blas.load().dgemm(Op.AS_IS, Op.AS_IS, cols, n, n, 1, right, cols, left, n, 0, product, cols);
      double[] values = new double[Math.multiplyExact(n, cols)];
      product.get(values);
      return values;
    }
  }

  private static Matrix leading(double[] basis, int rank, int order) {
    return Matrix.filled(
        rank,
        order,
        values -> {
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) basis[i];
          }
        });
  }

  private static double[] doubles(Matrix w) {
    float[] from = w.values();
    double[] to = new double[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i];
    }
    return to;
  }
}
