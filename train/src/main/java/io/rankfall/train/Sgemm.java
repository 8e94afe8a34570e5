package io.rankfall.train;

import io.rankfall.spectra.OpenBlas;
import io.rankfall.spectra.OpenBlas.Op;
import org.bytedeco.javacpp.FloatPointer;

/** Products of single-precision matrices outside the heap, on the calling thread alone. */
interface Sgemm {
  /**
   * C (m×n) ← alpha·op(A)·op(B) + beta·C with inner dimension k, all row by row.
   *
   * @param lda from the start of a row of A to the next, in numbers; ldb and ldc likewise
   */
  @SuppressWarnings("TooManyParameters")
  void multiply(
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
      int ldc);

  /** oneDNN's where it has a build for this machine, else {@link #openBlas()}. */
  static Sgemm fastest() {
    return OneDnn.isAvailable() ? OneDnn::multiply : openBlas();
  }

  /** OpenBLAS works column by column: it is asked for Cᵀ = op(B)ᵀ·op(A)ᵀ. */
  static Sgemm openBlas() {
    OpenBlas blas = OpenBlas.load();
    return (opA, opB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) ->
        blas.sgemm(opB, opA, n, m, k, alpha, b, ldb, a, lda, beta, c, ldc);
  }
}
