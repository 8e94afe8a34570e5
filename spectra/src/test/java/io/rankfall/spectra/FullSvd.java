package io.rankfall.spectra;

import static org.bytedeco.openblas.global.openblas.LAPACK_ROW_MAJOR;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.openblas.global.openblas;

/** The oracle: LAPACK's double-precision singular value decomposition of the matrix itself. */
final class FullSvd {
  private FullSvd() {}

  static double[] singularValues(Matrix w) {
    int n = w.fullRank();
    try (DoublePointer a = SymmetricMatrix.toNative(w);
        DoublePointer s = new DoublePointer(n);
        DoublePointer none = new DoublePointer(1)) {
      int info =
          openblas.LAPACKE_dgesdd(
              LAPACK_ROW_MAJOR,
              (byte) 'N',
              w.rows(),
              w.cols(),
              a,
              w.cols(),
              s,
              none,
              w.rows(),
              none,
              w.cols());
      if (info != 0) {
        throw new ArithmeticException("dgesdd returned " + info);
      }
      double[] values = new double[n];
      s.get(values);
      return values;
    }
  }
}
