package io.rankfall.spectra;

import static org.bytedeco.openblas.global.openblas.CblasColMajor;
import static org.bytedeco.openblas.global.openblas.CblasLeft;
import static org.bytedeco.openblas.global.openblas.CblasLower;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasNonUnit;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.LAPACK_COL_MAJOR;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.openblas.global.openblas;

/**
 * The BLAS and LAPACK routines in use, on off-heap memory: OpenBLAS's, but for the single-precision
 * product, which is oneDNN's where that has a build for this machine. Nothing else calls either.
 *
 * <p>Every call runs on the calling thread alone, which keeps results the same from run to run;
 * callers run in parallel on threads of their own. Matrices are column-major, as LAPACK has them: a
 * row-major m×n matrix is read as its n×m transpose.
 */
public final class Blas {
  private static final class Loaded {
    static final Blas INSTANCE = new Blas(OneDnn.isAvailable());
  }

  private final boolean oneDnn;

  private Blas(boolean oneDnn) {
    this.oneDnn = oneDnn;
    openblas.blas_set_num_threads(1);
  }

  /** Loads the native libraries on first use. */
  public static Blas load() {
    return Loaded.INSTANCE;
  }

  /** What {@link #load} gives where there is no oneDNN. */
  public static Blas withoutOneDnn() {
    return new Blas(false);
  }

  /** Whether a factor of a product is used as it is or transposed. */
  public enum Op {
    AS_IS(CblasNoTrans),
    TRANSPOSED(CblasTrans);

    private final int cblas;

    Op(int cblas) {
      this.cblas = cblas;
    }
  }

  /** C (m×n) ← alpha·op(A)·op(B) + beta·C with inner dimension k, column-major. */
  @SuppressWarnings("TooManyParameters")
  public void sgemm(
      Op opA,
      Op opB,
      int m,
      int n,
      int k,
      float alpha,
      FloatPointer a,
      int lda,
      FloatPointer b,
      int ldb,
      float beta,
      FloatPointer c,
      int ldc) {
    if (oneDnn) {
      OneDnn.sgemm(opA, opB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    } else {
      openblas.cblas_sgemm(
          CblasColMajor, opA.cblas, opB.cblas, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    }
  }

  /** C (m×n) ← alpha·op(A)·op(B) + beta·C with inner dimension k, column-major. */
  @SuppressWarnings("TooManyParameters")
  public void dgemm(
      Op opA,
      Op opB,
      int m,
      int n,
      int k,
      double alpha,
      DoublePointer a,
      int lda,
      DoublePointer b,
      int ldb,
      double beta,
      DoublePointer c,
      int ldc) {
    openblas.cblas_dgemm(
        CblasColMajor, opA.cblas, opB.cblas, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  }

  /** y ← y + alpha·x over n numbers. */
  public void saxpy(int n, float alpha, FloatPointer x, FloatPointer y) {
    openblas.cblas_saxpy(n, alpha, x, 1, y, 1);
  }

  /** x ← alpha·x over n numbers. */
  public void sscal(int n, float alpha, FloatPointer x) {
    openblas.cblas_sscal(n, alpha, x, 1);
  }

  /** √Σx² over n numbers. */
  double norm(int n, FloatPointer x) {
    return openblas.cblas_snrm2(n, x, 1);
  }

  /**
   * The lower triangle of C (n×n) ← A·Aᵀ + beta·C for an n×k matrix A, or Aᵀ·A + beta·C for a k×n
   * matrix A when {@code op} is transposed.
   */
  public void dsyrk(
      Op op, int n, int k, DoublePointer a, int lda, double beta, DoublePointer c, int ldc) {
    openblas.cblas_dsyrk(CblasColMajor, CblasLower, op.cblas, n, k, 1.0, a, lda, beta, c, ldc);
  }

  /** As {@link #dsyrk}, in single precision and with beta = 0. */
  void ssyrk(Op op, int n, int k, FloatPointer a, int lda, FloatPointer c, int ldc) {
    openblas.cblas_ssyrk(CblasColMajor, CblasLower, op.cblas, n, k, 1, a, lda, 0, c, ldc);
  }

  /** The m×n matrix A in double precision. */
  void widen(int m, int n, FloatPointer a, int lda, DoublePointer to, int ldto) {
    require(openblas.LAPACKE_slag2d_work(LAPACK_COL_MAJOR, m, n, a, lda, to, ldto), "slag2d", n);
  }

  /**
   * P·L·D·Lᵀ·Pᵀ = A of the symmetric n×n matrix whose lower triangle is in A, with the pivoting of
   * Bunch and Kaufman (1977). The lower triangle of A is overwritten by L and D, whose 1×1 and 2×2
   * blocks are told apart by the sign of the pivots. An exact zero on the diagonal of D is kept.
   */
  void dsytrf(int n, DoublePointer a, IntPointer pivots) {
    int block = 64;
    try (DoublePointer work = new DoublePointer((long) block * n)) {
      int info =
          openblas.LAPACKE_dsytrf_work(
              LAPACK_COL_MAJOR, (byte) 'L', n, a, n, pivots, work, block * n);
      require(Math.min(info, 0), "dsytrf", n);
    }
  }

  /** X (n×k) ← A⁻¹·X with A as {@link #dsytrf} left it. */
  void dsytrs(int n, int k, DoublePointer a, IntPointer pivots, DoublePointer x) {
    require(
        openblas.LAPACKE_dsytrs_work(LAPACK_COL_MAJOR, (byte) 'L', n, k, a, n, pivots, x, n),
        "dsytrs",
        n);
  }

  /**
   * The QR factorization of the m×n matrix A, unblocked. R replaces the upper triangle of A, the r
   * = min(m,n) Householder vectors what is below; the r×r upper triangular T makes Q = I − V·T·Vᵀ
   * (Schreiber and Van Loan 1989). What T has below its diagonal is left alone.
   *
   * @param tau r numbers
   * @param work n numbers
   */
  @SuppressWarnings("TooManyParameters")
  void householder(
      int m, int n, FloatPointer a, FloatPointer t, int ldt, FloatPointer tau, FloatPointer work) {
    require(openblas.LAPACKE_sgeqr2_work(LAPACK_COL_MAJOR, m, n, a, m, tau, work), "sgeqr2", n);
    require(
        openblas.LAPACKE_slarft_work(
            LAPACK_COL_MAJOR, (byte) 'F', (byte) 'C', m, Math.min(m, n), a, m, tau, t, ldt),
        "slarft",
        n);
  }

  /**
   * Replaces the m×n matrix A, m ≥ n, by the Q of its QR factorization: n orthonormal columns
   * whatever the rank of A.
   */
  void orthonormalize(int m, int n, FloatPointer a) {
    int block = 32;
    try (FloatPointer tau = new FloatPointer(n);
        FloatPointer work = new FloatPointer((long) block * n)) {
      require(
          openblas.LAPACKE_sgeqrf_work(LAPACK_COL_MAJOR, m, n, a, m, tau, work, block * n),
          "sgeqrf",
          n);
      require(
          openblas.LAPACKE_sorgqr_work(LAPACK_COL_MAJOR, m, n, n, a, m, tau, work, block * n),
          "sorgqr",
          n);
    }
  }

  /**
   * Reduces the symmetric n×n matrix whose lower triangle is in A to tridiagonal form by orthogonal
   * similarity; A is overwritten.
   *
   * @param d the diagonal, n numbers
   * @param e beside the diagonal, n−1 numbers
   */
  void dsytrd(int n, DoublePointer a, DoublePointer d, DoublePointer e) {
    // Panels of eight columns: 10 % faster than the default 32 at order 512, equal at 2048.
    int block = 8;
    try (DoublePointer tau = new DoublePointer(n);
        DoublePointer work = new DoublePointer((long) block * n)) {
      require(
          openblas.LAPACKE_dsytrd_work(
              LAPACK_COL_MAJOR, (byte) 'L', n, a, n, d, e, tau, work, block * n),
          "dsytrd",
          n);
    }
  }

  /**
   * Reduces a symmetric n×n band matrix to tridiagonal form by orthogonal similarity; AB is
   * overwritten.
   *
   * @param band how many diagonals are stored below the main one
   * @param ab the lower triangle: entry (i, j) at {@code j·(band+1) + i−j}
   * @param d the diagonal, n numbers
   * @param e beside the diagonal, n−1 numbers
   */
  void dsbtrd(int n, int band, DoublePointer ab, DoublePointer d, DoublePointer e) {
    try (DoublePointer none = new DoublePointer(1);
        DoublePointer work = new DoublePointer(n)) {
      require(
          openblas.LAPACKE_dsbtrd_work(
              LAPACK_COL_MAJOR, (byte) 'N', (byte) 'L', n, band, ab, band + 1, d, e, none, 1, work),
          "dsbtrd",
          n);
    }
  }

  /**
   * The eigenvalues of the symmetric n×n matrix whose lower triangle is in A, ascending, into w; A
   * is overwritten by the eigenvectors, one a column.
   *
   * @throws ArithmeticException if the iteration did not converge
   */
  void dsyevd(int n, DoublePointer a, DoublePointer w) {
    require(
        openblas.LAPACKE_dsyevd(LAPACK_COL_MAJOR, (byte) 'V', (byte) 'L', n, a, n, w), "dsyevd", n);
  }

  /**
   * L of A = L·Lᵀ into the lower triangle of the symmetric n×n matrix whose lower triangle is in A.
   *
   * @return 0, or the order of the smallest leading block that is not positive definite
   */
  int dpotrf(int n, DoublePointer a, int lda) {
    int info = openblas.LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, (byte) 'L', n, a, lda);
    require(Math.min(info, 0), "dpotrf", n);
    return info;
  }

  /** R of A = Q·R of the m×n matrix A into its upper triangle; what is below is overwritten. */
  public void dgeqrf(int m, int n, DoublePointer a) {
    int block = 32;
    try (DoublePointer tau = new DoublePointer(Math.min(m, n));
        DoublePointer work = new DoublePointer((long) block * n)) {
      require(
          openblas.LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, m, n, a, m, tau, work, block * n),
          "dgeqrf",
          n);
    }
  }

  /**
   * The singular values of the m×n matrix A, descending, into s; A is overwritten.
   *
   * @param s min(m,n) numbers
   * @throws ArithmeticException if the iteration did not converge
   */
  public void dgesdd(int m, int n, DoublePointer a, DoublePointer s) {
    try (DoublePointer none = new DoublePointer(1)) {
      require(
          openblas.LAPACKE_dgesdd(LAPACK_COL_MAJOR, (byte) 'N', m, n, a, m, s, none, 1, none, 1),
          "dgesdd",
          n);
    }
  }

  /** B (m×n) ← op(L)⁻¹·B for a lower triangle L of order m. */
  void dtrsm(Op op, int m, int n, DoublePointer l, int ldl, DoublePointer b, int ldb) {
    openblas.cblas_dtrsm(
        CblasColMajor, CblasLeft, CblasLower, op.cblas, CblasNonUnit, m, n, 1, l, ldl, b, ldb);
  }

  private static void require(int info, String routine, int n) {
    if (info != 0) {
      throw new ArithmeticException(
          "matrix of order %d: LAPACK %s returned %d".formatted(n, routine, info));
    }
  }
}
