package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import io.rankfall.spectra.SymmetricMatrix.Eigen;
import org.bytedeco.javacpp.DoublePointer;
import org.jspecify.annotations.Nullable;

/**
 * The best low-rank approximations W_r of one matrix for every rank r, from one eigenvalue
 * decomposition: in the Frobenius norm ({@link #of(Matrix)}), for the inputs the layer really sees
 * ({@link #of(Matrix, SymmetricMatrix)}), or for these and what its outputs do to the network's
 * ({@link #of(Matrix, SymmetricMatrix, SymmetricMatrix)}).
 */
public final class Truncation {
  private enum Side {
    /** W_r = U_r·(U_rᵀ·W). */
    LEFT,
    /** W_r = (W·V_r)·V_rᵀ. */
    RIGHT
  }

  private final Matrix w;
  private final Side side;
  private final Eigen eigen;
  private final @Nullable Metric metric;

  /** losses[r] = Σ_{i>r} of the eigenvalues. */
  private final double[] losses;

  /** M^½ and M^-½ of what errors on one side of W are weighted by. */
  private record Metric(SymmetricMatrix root, SymmetricMatrix inverseRoot) {

    /** Shrinks M towards the identity by {@link #SHRINKAGE}. */
    static Metric of(SymmetricMatrix m) {
      double shift = SHRINKAGE * m.trace() / m.order();
      Eigen eigen = m.eigen();
      // A metric of zeros: any other serves as well.
      double positive = shift > 0 ? shift : 1;
      return new Metric(eigen.power(0.5, positive), eigen.power(-0.5, positive));
    }
  }

  /** A share of the mean eigenvalue: directions that no sample showed still count a little. */
  private static final double SHRINKAGE = 1e-3;

  private Truncation(Matrix w, Side side, Eigen eigen, @Nullable Metric metric) {
    this.w = w;
    this.side = side;
    this.eigen = eigen;
    this.metric = metric;
    int n = w.fullRank();
    this.losses = new double[n + 1];
    for (int r = n - 1; r >= 0; r--) {
      losses[r] = losses[r + 1] + Math.max(0, eigen.value(r));
    }
  }

  /** W_r minimises ‖W − W_r‖_F (Eckart–Young): the truncated singular value decomposition. */
  public static Truncation of(Matrix w) {
    return new Truncation(w, Gram.ofRows(w) ? Side.LEFT : Side.RIGHT, Gram.of(w).eigen(), null);
  }

  /**
   * Factors of one small rank of a large matrix, without a decomposition of the whole: ‖W − AB‖₂ ≤
   * 1.02·σ_{r+1} on Gaussian matrices, whose flat spectrum is the hardest, and on decaying ones
   * (tested; a random method has no certainty). The space searched has six times the rank's
   * dimensions; where that is more than half of the shorter side, the best factors are computed.
   *
   * @param rank from 1 to min(m,n)
   * @param seed of the Gaussian start; the same seed gives the same bits
   * @throws NonFiniteException if an entry is NaN or infinite
   */
  public static LowRank leading(Matrix w, int rank, long seed) {
    requireRank(w, rank);
    double norm = w.frobeniusNorm();
    if (!BlockLanczos.suits(w, rank, norm)) {
      return of(w).at(rank);
    }
    return BlockLanczos.factors(w, rank, seed);
  }

  /**
   * W_r minimises E‖(W − W_r)x‖² for inputs x with E[xxᵀ] = C: the projection U_r·U_rᵀ·W on the
   * leading eigenvectors of W·C·Wᵀ, the second moment of the layer's own outputs. C need not be
   * invertible. With C the centred covariance, the bias must take (W − W_r)·E[x].
   *
   * @param inputs C, of order w.cols()
   */
  public static Truncation of(Matrix w, SymmetricMatrix inputs) {
    if (!w.isFinite()) {
      throw Gram.nonFinite(w);
    }
    return new Truncation(w, Side.LEFT, inputs.mappedBy(w).eigen(), null);
  }

  /**
   * W_r minimises E[xᵀ(W − W_r)ᵀ·G·(W − W_r)x] for inputs with E[xxᵀ] = C, where G says how much an
   * error of the outputs matters: E[JᵀJ] with J the derivative of the network's output by the
   * layer's, taken as independent of x (Kronecker-factored curvature, Martens and Grosse, arXiv
   * 1503.05671). With M = G for m ≤ n, W_r = M^-½·U_r·U_rᵀ·M^½·W from the leading eigenvectors of
   * M^½·(W·C·Wᵀ)·M^½; else, with M = C, W_r = W·M^½·U_r·U_rᵀ·M^-½ from those of M^½·(Wᵀ·G·W)·M^½. M
   * is shrunk: M + 10⁻³·(trace M)/order·I. With C the centred covariance, the bias must take (W −
   * W_r)·E[x].
   *
   * @param inputs C, of order w.cols()
   * @param outputs G, of order w.rows()
   */
  public static Truncation of(Matrix w, SymmetricMatrix inputs, SymmetricMatrix outputs) {
    if (!w.isFinite()) {
      throw new NonFiniteException(w + ": expected finite numbers, found NaN or Inf");
    }
    if (w.rows() <= w.cols()) {
      Metric metric = Metric.of(outputs);
      return new Truncation(w, Side.LEFT, inputs.mappedBy(w).between(metric.root).eigen(), metric);
    }
    Metric metric = Metric.of(inputs);
    return new Truncation(
        w, Side.RIGHT, outputs.mappedBy(w.transposed()).between(metric.root).eigen(), metric);
  }

  public Matrix matrix() {
    return w;
  }

  /** The squared error left at rank r: ‖W − W_r‖_F², E‖(W − W_r)x‖² or that weighted. */
  public double loss(int rank) {
    return losses[rank];
  }

  /**
   * The factors of W_r, computed in double precision and rounded once.
   *
   * @param rank from 1 to min(m,n)
   */
  public LowRank at(int rank) {
    requireRank(w, rank);
    int m = w.rows();
    int n = w.cols();
    Blas blas = Blas.load();
    int outer = side == Side.LEFT ? n : m;
    try (DoublePointer basis = eigen.leading(rank);
        DoublePointer meeting = metric == null ? basis : metric.root.times(basis, rank);
        DoublePointer leaving = metric == null ? basis : metric.inverseRoot.times(basis, rank);
        DoublePointer wt = SymmetricMatrix.toNative(w);
        DoublePointer projected = new DoublePointer((long) outer * rank)) {
      if (side == Side.LEFT) {
        // To BLAS: (PᵀW)ᵀ = Wᵀ·P, n×r, which is PᵀW row by row.
        blas.dgemm(Op.AS_IS, Op.AS_IS, n, rank, m, 1, wt, n, meeting, m, 0, projected, n);
        return new LowRank(rounded(rank, m, leaving).transposed(), rounded(rank, n, projected));
      }
      // To BLAS: (W·P)ᵀ = Pᵀ·Wᵀ, r×m, which is W·P row by row.
      blas.dgemm(Op.TRANSPOSED, Op.AS_IS, rank, m, n, 1, meeting, n, wt, n, 0, projected, rank);
      return new LowRank(rounded(m, rank, projected), rounded(rank, n, leaving));
    }
  }

  private static void requireRank(Matrix w, int rank) {
    if (rank < 1 || rank > w.fullRank()) {
      throw new IllegalArgumentException(
          "rank of a %dx%d matrix: expected 1 to %d, found %d"
              .formatted(w.rows(), w.cols(), w.fullRank(), rank));
    }
  }

  static Matrix rounded(int rows, int cols, DoublePointer rowMajor) {
    double[] values = new double[Math.multiplyExact(rows, cols)];
    rowMajor.get(values);
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Matrix.owning(rows, cols, floats);
  }
}
