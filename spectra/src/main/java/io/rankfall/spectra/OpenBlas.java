package io.rankfall.spectra;

import static org.bytedeco.openblas.global.openblas.CblasColMajor;
import static org.bytedeco.openblas.global.openblas.CblasLower;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.LAPACK_COL_MAJOR;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/**
 * The BLAS and LAPACK routines in use, on off-heap memory; nothing else calls OpenBLAS.
 *
 * <p>Every call runs on the calling thread alone, which keeps results the same from run to run;
 * callers run in parallel on threads of their own. Matrices are column-major, as LAPACK has them: a
 * row-major m×n matrix is read as its n×m transpose.
 */
public final class OpenBlas {
  private static final class Loaded {
    static final OpenBlas INSTANCE = new OpenBlas();
  }

  private OpenBlas() {
    openblas.blas_set_num_threads(1);
  }

  /** Loads the native library on first use. */
  public static OpenBlas load() {
    return Loaded.INSTANCE;
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
    openblas.cblas_sgemm(
        CblasColMajor, opA.cblas, opB.cblas, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
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

  /**
   * The lower triangle of C (n×n) ← A·Aᵀ + beta·C for an n×k matrix A, or Aᵀ·A + beta·C for a k×n
   * matrix A when {@code op} is transposed.
   */
  public void dsyrk(
      Op op, int n, int k, DoublePointer a, int lda, double beta, DoublePointer c, int ldc) {
    openblas.cblas_dsyrk(CblasColMajor, CblasLower, op.cblas, n, k, 1.0, a, lda, beta, c, ldc);
  }

  /**
   * All eigenvalues of the symmetric n×n matrix whose lower triangle is in A, ascending, into w;
   * with {@code vectors}, A is overwritten by the eigenvectors, one a column.
   *
   * @throws ArithmeticException if the iteration did not converge
   */
  void dsyevd(boolean vectors, int n, DoublePointer a, DoublePointer w) {
    int info =
        openblas.LAPACKE_dsyevd(
            LAPACK_COL_MAJOR, (byte) (vectors ? 'V' : 'N'), (byte) 'L', n, a, n, w);
    if (info != 0) {
      throw new ArithmeticException(
          "eigenvalues of a %dx%d matrix: LAPACK dsyevd returned %d".formatted(n, n, info));
    }
  }
}
