package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import org.bytedeco.javacpp.DoublePointer;

/** The double-precision Gram matrix of the smaller side, W·Wᵀ or Wᵀ·W, and its eigenvalues. */
final class Gram {
  /** Columns or rows converted to double precision at a time. */
  private static final int PANEL = 256;

  private Gram() {}

  /** Whether the smaller side is the rows: the Gram matrix is W·Wᵀ. */
  static boolean ofRows(Matrix w) {
    return w.rows() <= w.cols();
  }

  static NonFiniteException nonFinite(Matrix w) {
    return new NonFiniteException(w + ": expected finite numbers, found NaN or Inf");
  }

  /**
   * The eigenvalues, descending.
   *
   * @throws NonFiniteException if an entry of W is NaN or infinite
   */
  static double[] eigenvalues(Matrix w) {
    int n = w.fullRank();
    try (DoublePointer gram = lowerTriangle(w);
        DoublePointer diagonal = new DoublePointer(n);
        DoublePointer beside = new DoublePointer(n)) {
      Blas.load().dsytrd(n, gram, diagonal, beside);
      return Tridiagonal.eigenvalues(n, diagonal, beside);
    }
  }

  static SymmetricMatrix of(Matrix w) {
    try (DoublePointer gram = lowerTriangle(w)) {
      return SymmetricMatrix.fromLowerTriangle(w.fullRank(), gram);
    }
  }

  /** W·Wᵀ, whichever side is smaller. */
  static SymmetricMatrix rowsOf(Matrix w) {
    try (DoublePointer gram = lowerTriangle(w, true)) {
      return SymmetricMatrix.fromLowerTriangle(w.rows(), gram);
    }
  }

  /**
   * The Gram matrix of the smaller side. The caller owns the result.
   *
   * @throws NonFiniteException if an entry of W is NaN or infinite: then so is a diagonal entry
   */
  static DoublePointer lowerTriangle(Matrix w) {
    return lowerTriangle(w, ofRows(w));
  }

  private static DoublePointer lowerTriangle(Matrix w, boolean rows) {
    int n = rows ? w.rows() : w.cols();
    DoublePointer gram = new DoublePointer((long) n * n);
    Blas blas = Blas.load();
    int inner = rows ? w.cols() : w.rows();
    double[] panel = new double[Math.min(PANEL, inner) * n];
    try (DoublePointer nativePanel = new DoublePointer(panel.length)) {
      float[] values = w.values();
      for (int from = 0; from < inner; from += PANEL) {
        int width = Math.min(PANEL, inner - from);
        if (rows) {
          for (int i = 0; i < n; i++) {
            copy(values, i * w.cols() + from, panel, i * width, width);
          }
        } else {
          copy(values, from * n, panel, 0, width * n);
        }
        nativePanel.put(panel, 0, width * n);
        double beta = from == 0 ? 0 : 1;
        if (rows) {
          blas.dsyrk(Op.TRANSPOSED, n, width, nativePanel, width, beta, gram, n);
        } else {
          blas.dsyrk(Op.AS_IS, n, width, nativePanel, n, beta, gram, n);
        }
      }
    }
    for (int i = 0; i < n; i++) {
      if (!Double.isFinite(gram.get(i * (n + 1L)))) {
        gram.close();
        throw nonFinite(w);
      }
    }
    return gram;
  }

  private static void copy(float[] from, int fromIndex, double[] to, int toIndex, int count) {
    for (int i = 0; i < count; i++) {
      to[toIndex + i] = from[fromIndex + i];
    }
  }
}
