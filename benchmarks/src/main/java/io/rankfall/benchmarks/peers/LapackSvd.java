package io.rankfall.benchmarks.peers;

import io.rankfall.spectra.Blas;
import io.rankfall.spectra.Matrix;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/** Singular values by LAPACK's divide and conquer in single precision, as PyTorch calls it. */
final class LapackSvd implements Contender {
  private final int rows;
  private final int cols;
  private final float[] values;
  private final FloatPointer matrix;
  private final FloatPointer sigma;

  LapackSvd(Matrix w) {
    Blas.load();
    this.rows = w.rows();
    this.cols = w.cols();
    this.values = w.toArray();
    this.matrix = new FloatPointer(values.length);
    this.sigma = new FloatPointer(w.fullRank());
  }

  @Override
  public double measure(double seconds) throws Exception {
    return Contender.repeat(this::decompose, seconds);
  }

  private void decompose() {
    matrix.put(values);
    // Row by row is the transpose, column by column: the same singular values.
    int info =
        openblas.LAPACKE_sgesdd(
            openblas.LAPACK_COL_MAJOR,
            (byte) 'N',
            cols,
            rows,
            matrix,
            cols,
            sigma,
            new FloatPointer(),
            cols,
            new FloatPointer(),
            rows);
    if (info != 0) {
      throw new ArithmeticException("LAPACK sgesdd returned " + info);
    }
  }

  @Override
  public void close() {
    matrix.close();
    sigma.close();
  }
}
