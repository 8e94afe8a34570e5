package io.rankfall.spectra;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import io.rankfall.spectra.Blas.Op;
import java.io.File;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * The matrix product of oneDNN, whose kernels, written at run time for this processor, are the
 * fastest for a batch of few rows; nothing else calls oneDNN.
 */
final class OneDnn {
  /** {@code omp_set_num_threads} of the OpenMP library that oneDNN came with, if it did. */
  private static final @Nullable Function SET_THREADS;

  private static final boolean AVAILABLE;

  static {
    Function setThreads = null;
    boolean available;
    try {
      File openMp =
          new File(Loader.load(dnnl.class)).toPath().resolveSibling("libgomp.so.1").toFile();
      if (openMp.isFile()) {
        setThreads = NativeLibrary.getInstance(openMp.getPath()).getFunction("omp_set_num_threads");
      }
      available = true;
    } catch (LinkageError e) {
      available = false;
    }
    SET_THREADS = setThreads;
    AVAILABLE = available;
  }

  /** OpenMP keeps the number of threads to use for each thread that asks. */
  private static final ThreadLocal<Boolean> ON_ONE_THREAD =
      ThreadLocal.withInitial(
          () -> {
            if (SET_THREADS != null) {
              SET_THREADS.invokeVoid(new Object[] {1});
            }
            return true;
          });

  private OneDnn() {}

  /** Whether there is a build of oneDNN for this machine. */
  static boolean isAvailable() {
    return AVAILABLE;
  }

  /** As {@link Blas#sgemm}, column by column: oneDNN's works row by row and is asked for Cᵀ. */
  @SuppressWarnings("TooManyParameters")
  static void sgemm(
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
    ON_ONE_THREAD.get();
    int status =
        dnnl.dnnl_sgemm(letter(opB), letter(opA), n, m, k, alpha, b, ldb, a, lda, beta, c, ldc);
    if (status != dnnl.dnnl_success) {
      throw new IllegalStateException(
          "product of %dx%d and %dx%d: oneDNN's sgemm returned status %d"
              .formatted(m, k, k, n, status));
    }
  }

  private static byte letter(Op op) {
    return (byte) (op == Op.AS_IS ? 'N' : 'T');
  }
}
