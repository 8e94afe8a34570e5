package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import org.bytedeco.javacpp.DoublePointer;

/**
 * A matrix W whose columns are pairs (a, p), a of {@code shared} and p of {@code places}, fitted by
 * factors of which the first acts alike at every place: for every r,
 *
 * <pre>W·x ≈ L_r·z,   z[(b,p)] = Σ_a V[b,a]·x[(a,p)],   b ≤ r</pre>
 *
 * <p>Such are the first parts of a kernel's spatial decomposition (a an input channel and a row of
 * the kernel, p a column) and of its Tucker decomposition (a an input channel, p a position). V's
 * rows span what matters most of all places taken as independent inputs: with S = Σ_p C[(·,p),
 * (·,p)] and F² = Σ_p W_pᵀ·G·W_p they are U_rᵀ·F from the leading eigenvectors of F·S·F. Given V,
 * L_r is the best there is: the regression W·C·Tᵀ·(T·C·Tᵀ)⁻¹ of Wx on z = Tx, which minimises
 * E[xᵀ(W − L_rT)ᵀ·G·(W − L_rT)x] for inputs with E[xxᵀ] = C. Since the rows of V are nested, so are
 * the leading blocks of T·C·Tᵀ and their Cholesky factors, and one of these gives the losses of all
 * r.
 */
public final class NestedFit {
  /** A row of V shorter than this share of the longest is noise. */
  private static final double NOISE = 1e-6;

  private final int outputs;
  private final int places;
  private final Matrix first;

  /** The Cholesky factor of T·C·Tᵀ, lower, column by column. */
  private final double[] triangle;

  /** Y = L⁻¹·T·C·Wᵀ, column by column: one column an output. */
  private final double[] whitened;

  /** What is left at r = 0 to ranks. */
  private final double[] losses;

  private NestedFit(
      int places, Matrix first, double[] triangle, double[] whitened, double[] losses) {
    this.outputs = whitened.length / (first.rows() * places);
    this.places = places;
    this.first = first;
    this.triangle = triangle;
    this.whitened = whitened;
    this.losses = losses;
  }

  /**
   * Fits all ranks.
   *
   * @param places that divide the columns; those of one a side by side
   * @param inputs C, positive definite, of order w.cols(); see {@link SymmetricMatrix#shrunk}
   * @param outputs G, of order w.rows()
   * @throws NonFiniteException if an entry of W is NaN or infinite
   */
  public static NestedFit of(
      Matrix w, int places, SymmetricMatrix inputs, SymmetricMatrix outputs) {
    if (places < 1 || w.cols() % places != 0) {
      throw new IllegalArgumentException(
          "matrix %dx%d: expected columns for each of %d places"
              .formatted(w.rows(), w.cols(), places));
    }
    if (!w.isFinite()) {
      throw new NonFiniteException(w + ": expected finite numbers, found NaN or Inf");
    }
    double[] wide = doubles(w);
    double[] weighted = product(outputs.values(), w.rows(), w.rows(), wide, w.cols());
    Matrix first = first(wide, weighted, w.rows(), places, inputs);
    return fit(wide, weighted, w.rows(), places, inputs, outputs, first);
  }

  private static NestedFit fit(
      double[] w,
      double[] weighted,
      int m,
      int places,
      SymmetricMatrix inputs,
      SymmetricMatrix outputs,
      Matrix wanted) {
    int n = inputs.order();
    int shared = n / places;
    // T·C, then T·(T·C)ᵀ: both apply V to the first part of the row index.
    double[] half = product(doubles(wanted), wanted.rows(), shared, inputs.values(), places * n);
    int most = wanted.rows() * places;
    double[] turned = transposed(half, most, n);
    double[] moment = product(doubles(wanted), wanted.rows(), shared, turned, places * most);
    double all = dot(weighted, product(w, m, n, inputs.values(), n), 0, m * n);
    try (DoublePointer triangle = new DoublePointer(moment)) {
      int failed = Blas.load().dpotrf(most, triangle, most);
      int rows = failed == 0 ? wanted.rows() : (failed - 1) / places;
      if (rows == 0) {
        throw new ArithmeticException("second moment of inputs: expected positive definite");
      }
      if (failed != 0) {
        return fit(w, weighted, m, places, inputs, outputs, wanted.rows(0, rows));
      }
      // Row by row, W·C·Tᵀ is T·C·Wᵀ to BLAS.
      try (DoublePointer y = new DoublePointer(product(w, m, n, turned, most))) {
        Blas.load().dtrsm(Op.AS_IS, most, m, triangle, most, y, most);
        double[] whitened = new double[Math.multiplyExact(most, m)];
        y.get(whitened);
        triangle.get(moment);
        double[] losses = losses(all, whitened, m, places, outputs);
        return new NestedFit(places, wanted, moment, whitened, losses);
      }
    }
  }

  private static double[] losses(
      double all, double[] whitened, int m, int places, SymmetricMatrix outputs) {
    int most = whitened.length / m;
    double[] weighted = product(outputs.values(), m, m, whitened, most);
    double[] losses = new double[most / places + 1];
    losses[0] = all;
    for (int r = 1; r < losses.length; r++) {
      double explained = 0;
      for (int o = 0; o < m; o++) {
        explained += dot(weighted, whitened, o * most + (r - 1) * places, places);
      }
      losses[r] = Math.max(0, losses[r - 1] - explained);
    }
    return losses;
  }

  /** V, rows of unit length. */
  private static Matrix first(
      double[] w, double[] weighted, int m, int places, SymmetricMatrix inputs) {
    int n = inputs.order();
    int shared = n / places;
    double[] moment = new double[shared * shared];
    for (int a = 0; a < shared; a++) {
      for (int b = 0; b < shared; b++) {
        for (int p = 0; p < places; p++) {
          moment[a * shared + b] += inputs.get(a * places + p, b * places + p);
        }
      }
    }
    double[] unfolded = transposed(unfolded(w, m, shared, places), m * places, shared);
    double[] squares =
        product(unfolded, shared, m * places, unfolded(weighted, m, shared, places), shared);
    SymmetricMatrix root = SymmetricMatrix.of(shared, squares).eigen().power(0.5, 0);
    Matrix ordered =
        Truncation.of(rounded(shared, shared, root.values()), SymmetricMatrix.of(shared, moment))
            .at(shared)
            .right();
    return unit(ordered);
  }

  private static Matrix unit(Matrix v) {
    double longest = 0;
    double[] lengths = new double[v.rows()];
    for (int b = 0; b < v.rows(); b++) {
      lengths[b] = v.rows(b, 1).frobeniusNorm();
      longest = Math.max(longest, lengths[b]);
    }
    float[] scaled = v.toArray();
    int kept = 0;
    for (int b = 0; b < v.rows(); b++) {
      if (longest > 0 && lengths[b] > NOISE * longest) {
        for (int a = 0; a < v.cols(); a++) {
          scaled[kept * v.cols() + a] = (float) (v.get(b, a) / lengths[b]);
        }
        kept++;
      }
    }
    // A matrix of zeros: any row serves.
    if (kept == 0) {
      scaled[0] = 1;
      kept = 1;
    }
    return Matrix.of(v.rows(), v.cols(), scaled).rows(0, kept);
  }

  /** w[o, (a, p)] at [(o, p), a]. */
  private static double[] unfolded(double[] w, int m, int shared, int places) {
    double[] unfolded = new double[w.length];
    for (int o = 0; o < m; o++) {
      for (int a = 0; a < shared; a++) {
        for (int p = 0; p < places; p++) {
          unfolded[(o * places + p) * shared + a] = w[(o * shared + a) * places + p];
        }
      }
    }
    return unfolded;
  }

  /** The most rows that V has: at most {@code shared}. */
  public int ranks() {
    return first.rows();
  }

  /** The weighted squared error left at r, from 0 to {@link #ranks}. */
  public double loss(int rank) {
    return losses[rank];
  }

  /** The first r rows of V, r × shared. */
  public Matrix first(int rank) {
    return first.rows(0, rank);
  }

  /** L_r, outputs × (r·places). */
  public Matrix last(int rank) {
    int most = first.rows() * places;
    int d = rank * places;
    double[] leading = new double[Math.multiplyExact(d, outputs)];
    for (int o = 0; o < outputs; o++) {
      System.arraycopy(whitened, o * most, leading, o * d, d);
    }
    try (DoublePointer l = new DoublePointer(triangle);
        DoublePointer solution = new DoublePointer(leading)) {
      Blas.load().dtrsm(Op.TRANSPOSED, d, outputs, l, most, solution, d);
      solution.get(leading);
    }
    return rounded(outputs, d, leading);
  }

  /** E[zzᵀ] of the first r rows of V. */
  public SymmetricMatrix moment(int rank) {
    int most = first.rows() * places;
    int d = rank * places;
    double[] lower = new double[Math.multiplyExact(d, d)];
    for (int col = 0; col < d; col++) {
      System.arraycopy(triangle, col * most + col, lower, col * d + col, d - col);
    }
    try (DoublePointer l = new DoublePointer(lower);
        DoublePointer product = new DoublePointer((long) d * d)) {
      Blas.load().dgemm(Op.AS_IS, Op.TRANSPOSED, d, d, d, 1, l, d, l, d, 0, product, d);
      product.get(lower);
    }
    return SymmetricMatrix.of(d, lower);
  }

  private static double dot(double[] a, double[] b, int from, int count) {
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double[] transposed(double[] a, int rows, int cols) {
    double[] t = new double[a.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < cols; j++) {
        t[j * rows + i] = a[i * cols + j];
      }
    }
    return t;
  }

  /** A (m×k) times B (k×n), row by row. */
  private static double[] product(double[] a, int m, int k, double[] b, int n) {
    try (DoublePointer left = new DoublePointer(a);
        DoublePointer right = new DoublePointer(b);
        DoublePointer product = new DoublePointer((long) m * n)) {
      // To BLAS: (A·B)ᵀ = Bᵀ·Aᵀ.
      Blas.load().dgemm(Op.AS_IS, Op.AS_IS, n, m, k, 1, right, n, left, k, 0, product, n);
      double[] values = new double[Math.multiplyExact(m, n)];
      product.get(values);
      return values;
    }
  }

  private static double[] doubles(Matrix w) {
    float[] from = w.values();
    double[] to = new double[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i];
    }
    return to;
  }

  private static Matrix rounded(int rows, int cols, double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Matrix.owning(rows, cols, floats);
  }
}
