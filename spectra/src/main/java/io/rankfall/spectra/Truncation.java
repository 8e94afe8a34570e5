package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import io.rankfall.spectra.SymmetricMatrix.Eigen;
import org.bytedeco.javacpp.DoublePointer;

/**
 * The best low-rank approximations W_r of one matrix for every rank r, from one eigenvalue
 * decomposition: either in the Frobenius norm ({@link #of(Matrix)}) or for the inputs the layer
 * really sees ({@link #of(Matrix, SymmetricMatrix)}).
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

  /** losses[r] = Σ_{i>r} of the eigenvalues. */
  private final double[] losses;

  private Truncation(Matrix w, Side side, Eigen eigen) {
    this.w = w;
    this.side = side;
    this.eigen = eigen;
    int n = w.fullRank();
    this.losses = new double[n + 1];
    for (int r = n - 1; r >= 0; r--) {
      losses[r] = losses[r + 1] + Math.max(0, eigen.value(r));
    }
  }

  /** W_r minimises ‖W − W_r‖_F (Eckart–Young): the truncated singular value decomposition. */
  public static Truncation of(Matrix w) {
    return new Truncation(w, Gram.ofRows(w) ? Side.LEFT : Side.RIGHT, Gram.of(w).eigen());
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
    return new Truncation(w, Side.LEFT, inputs.mappedBy(w).eigen());
  }

  public Matrix matrix() {
    return w;
  }

  /** The squared error left at rank r: ‖W − W_r‖_F², or E‖(W − W_r)x‖². */
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
        DoublePointer wt = SymmetricMatrix.toNative(w);
        DoublePointer projected = new DoublePointer((long) outer * rank)) {
      if (side == Side.LEFT) {
        // To BLAS: (U_rᵀW)ᵀ = Wᵀ·U_r, n×r, which is U_rᵀW row by row.
        blas.dgemm(Op.AS_IS, Op.AS_IS, n, rank, m, 1, wt, n, basis, m, 0, projected, n);
        return new LowRank(rounded(rank, m, basis).transposed(), rounded(rank, n, projected));
      }
      // To BLAS: (W·V_r)ᵀ = V_rᵀ·Wᵀ, r×m, which is W·V_r row by row.
      blas.dgemm(Op.TRANSPOSED, Op.AS_IS, rank, m, n, 1, basis, n, wt, n, 0, projected, rank);
      return new LowRank(rounded(m, rank, projected), rounded(rank, n, basis));
    }
  }

  private static void requireRank(Matrix w, int rank) {
    if (rank < 1 || rank > w.fullRank()) {
      throw new IllegalArgumentException(
          "rank of a %dx%d matrix: expected 1 to %d, found %d"
              .formatted(w.rows(), w.cols(), w.fullRank(), rank));
    }
  }

  private static Matrix rounded(int rows, int cols, DoublePointer rowMajor) {
    double[] values = new double[Math.multiplyExact(rows, cols)];
    rowMajor.get(values);
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Matrix.owning(rows, cols, floats);
  }
}
