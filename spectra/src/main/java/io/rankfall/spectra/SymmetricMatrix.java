package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import java.util.Objects;
import org.bytedeco.javacpp.DoublePointer;

/** An immutable symmetric n×n matrix of double-precision numbers: a Gram matrix or a covariance. */
public final class SymmetricMatrix {
  private final int order;
  private final double[] values;

  private SymmetricMatrix(int order, double[] values) {
    this.order = order;
    this.values = values;
  }

  /**
   * The symmetric part (A + Aᵀ)/2 of the given numbers.
   *
   * @param values order² finite numbers, row by row
   * @throws NonFiniteException if one is NaN or infinite
   */
  public static SymmetricMatrix of(int order, double... values) {
    if (order < 1 || values.length != (long) order * order) {
      throw new IllegalArgumentException(
          "symmetric matrix of order %d: expected %d numbers, found %d"
              .formatted(order, (long) order * order, values.length));
    }
    double[] symmetric = new double[values.length];
    for (int i = 0; i < order; i++) {
      for (int j = 0; j <= i; j++) {
        double v = 0.5 * (values[i * order + j] + values[j * order + i]);
        if (!Double.isFinite(v)) {
          throw new NonFiniteException(
              "symmetric matrix of order %d: expected finite numbers, found %s in row %d"
                  .formatted(order, v, i));
        }
        symmetric[i * order + j] = v;
        symmetric[j * order + i] = v;
      }
    }
    return new SymmetricMatrix(order, symmetric);
  }

  static SymmetricMatrix fromLowerTriangle(int order, DoublePointer columnMajor) {
    double[] values = new double[Math.multiplyExact(order, order)];
    columnMajor.get(values);
    for (int col = 0; col < order; col++) {
      for (int row = col + 1; row < order; row++) {
        values[row * order + col] = values[col * order + row];
      }
    }
    return new SymmetricMatrix(order, values);
  }

  public int order() {
    return order;
  }

  public double get(int row, int col) {
    return values[Objects.checkIndex(row, order) * order + Objects.checkIndex(col, order)];
  }

  public double trace() {
    double sum = 0;
    for (int i = 0; i < order; i++) {
      sum += values[i * order + i];
    }
    return sum;
  }

  public static SymmetricMatrix identity(int order) {
    double[] values = new double[Math.multiplyExact(order, order)];
    for (int i = 0; i < order; i++) {
      values[i * order + i] = 1;
    }
    return new SymmetricMatrix(order, values);
  }

  /**
   * A second moment S of few samples drawn towards the multiple of the identity of the same trace:
   * (1−ρ)·S + ρ·(tr S/p)·I with the oracle-approximating ρ of Chen, Wiesel, Eldar and Hero (arXiv
   * 0907.4698, equation 23), ρ = min(1, ((1−2/p)·tr S² + tr²S) / ((n+1−2/p)·(tr S² − tr²S/p))).
   * What is fitted to fewer samples than numbers is arbitrary in the directions that none showed.
   *
   * @param samples n; those that depend on each other count as if they did not
   */
  public SymmetricMatrix shrunk(long samples) {
    double squares = 0;
    for (double value : values) {
      squares += value * value;
    }
    double trace = trace();
    double wanted = (1 - 2.0 / order) * squares + trace * trace;
    double spread = (samples + 1 - 2.0 / order) * (squares - trace * trace / order);
    double share = spread <= wanted ? 1 : wanted / spread;
    double[] shrunk = new double[values.length];
    for (int i = 0; i < shrunk.length; i++) {
      shrunk[i] = (1 - share) * values[i];
    }
    for (int i = 0; i < order; i++) {
      shrunk[i * order + i] += share * trace / order;
    }
    return new SymmetricMatrix(order, shrunk);
  }

  /**
   * A + share·(trace A)/n·I: directions that no sample showed still count a little.
   *
   * @param share at least 0
   */
  public SymmetricMatrix shrunk(double share) {
    double[] shrunk = values.clone();
    double shift = share * trace() / order;
    for (int i = 0; i < order; i++) {
      shrunk[i * order + i] += shift;
    }
    return new SymmetricMatrix(order, shrunk);
  }

  /** The numbers themselves, row by row: read only, by this package. */
  double[] values() {
    return values;
  }

  /**
   * W·C·Wᵀ for this C: the covariance of Wx when C is that of x.
   *
   * @param w m×n with n the order of this matrix
   */
  public SymmetricMatrix mappedBy(Matrix w) {
    if (w.cols() != order) {
      throw new IllegalArgumentException(
          "covariance of order %d: expected a matrix with as many columns, found %dx%d"
              .formatted(order, w.rows(), w.cols()));
    }
    int m = w.rows();
    int n = order;
    // Row-major W is Wᵀ (n×m) to BLAS.
    try (DoublePointer wt = toNative(w);
        DoublePointer c = new DoublePointer(values);
        DoublePointer cwt = new DoublePointer((long) n * m);
        DoublePointer wcwt = new DoublePointer((long) m * m)) {
      Blas blas = Blas.load();
      blas.dgemm(Op.AS_IS, Op.AS_IS, n, m, n, 1, c, n, wt, n, 0, cwt, n);
      blas.dgemm(Op.TRANSPOSED, Op.AS_IS, m, m, n, 1, wt, n, cwt, n, 0, wcwt, m);
      double[] product = new double[Math.multiplyExact(m, m)];
      wcwt.get(product);
      return of(m, product);
    }
  }

  /** S·A·S for this A and a symmetric S of the same order. */
  SymmetricMatrix between(SymmetricMatrix s) {
    int n = order;
    try (DoublePointer outer = new DoublePointer(s.values);
        DoublePointer inner = new DoublePointer(values);
        DoublePointer half = new DoublePointer((long) n * n);
        DoublePointer whole = new DoublePointer((long) n * n)) {
      Blas blas = Blas.load();
      blas.dgemm(Op.AS_IS, Op.AS_IS, n, n, n, 1, outer, n, inner, n, 0, half, n);
      blas.dgemm(Op.AS_IS, Op.AS_IS, n, n, n, 1, half, n, outer, n, 0, whole, n);
      double[] product = new double[values.length];
      whole.get(product);
      return of(n, product);
    }
  }

  /** A·B for a column-major matrix B of {@code cols} columns; the caller owns the result. */
  DoublePointer times(DoublePointer b, int cols) {
    DoublePointer product = new DoublePointer((long) order * cols);
    try (DoublePointer a = new DoublePointer(values)) {
      Blas.load()
          .dgemm(Op.AS_IS, Op.AS_IS, order, cols, order, 1, a, order, b, order, 0, product, order);
    }
    return product;
  }

  /** Eigenvalues alone, largest first, in a third of the time of {@link #eigen} or less. */
  public double[] eigenvalues() {
    try (DoublePointer a = new DoublePointer(values);
        DoublePointer diagonal = new DoublePointer(order);
        DoublePointer beside = new DoublePointer(order)) {
      Blas.load().dsytrd(order, a, diagonal, beside);
      return Tridiagonal.eigenvalues(order, diagonal, beside);
    }
  }

  /** Eigenvalues, largest first, and an orthonormal basis of eigenvectors in the same order. */
  public Eigen eigen() {
    try (DoublePointer a = new DoublePointer(values);
        DoublePointer w = new DoublePointer(order)) {
      Blas.load().dsyevd(order, a, w);
      double[] ascending = new double[values.length];
      a.get(ascending);
      double[] vectors = new double[values.length];
      for (int k = 0; k < order; k++) {
        System.arraycopy(ascending, (order - 1 - k) * order, vectors, k * order, order);
      }
      return new Eigen(order, descending(w, order), vectors);
    }
  }

  static double[] descending(DoublePointer ascending, int n) {
    double[] up = new double[n];
    ascending.get(up);
    double[] down = new double[n];
    for (int i = 0; i < n; i++) {
      down[i] = up[n - 1 - i];
    }
    return down;
  }

  /** The numbers in double precision, row by row; the caller owns them. */
  static DoublePointer toNative(Matrix w) {
    float[] from = w.values();
    double[] to = new double[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i];
    }
    return new DoublePointer(to);
  }

  /** An eigenvalue decomposition of a {@link SymmetricMatrix}: eigenvalues descending. */
  public static final class Eigen {
    private final int order;
    private final double[] values;

    /** One eigenvector after another. */
    private final double[] vectors;

    private Eigen(int order, double[] values, double[] vectors) {
      this.order = order;
      this.values = values;
      this.vectors = vectors;
    }

    public int order() {
      return order;
    }

    /** The eigenvalue of the given index, 0 being the largest. */
    public double value(int index) {
      return values[index];
    }

    /** Entry {@code row} of the unit eigenvector of the given index. */
    public double vector(int index, int row) {
      return vectors[Objects.checkIndex(index, order) * order + Objects.checkIndex(row, order)];
    }

    /** The matrix of the same eigenvectors with eigenvalues (max(0, λ) + shift)^exponent. */
    SymmetricMatrix power(double exponent, double shift) {
      int n = order;
      double[] scaled = new double[vectors.length];
      for (int k = 0; k < n; k++) {
        double scale = Math.pow(Math.max(0, values[k]) + shift, exponent);
        for (int i = 0; i < n; i++) {
          scaled[k * n + i] = vectors[k * n + i] * scale;
        }
      }
      try (DoublePointer left = new DoublePointer(scaled);
          DoublePointer right = new DoublePointer(vectors);
          DoublePointer whole = new DoublePointer((long) n * n)) {
        Blas.load().dgemm(Op.AS_IS, Op.TRANSPOSED, n, n, n, 1, left, n, right, n, 0, whole, n);
        double[] product = new double[scaled.length];
        whole.get(product);
        return of(n, product);
      }
    }

    /**
     * The first {@code count} eigenvectors, one a column of a column-major matrix: owned by the
     * caller's scope.
     */
    DoublePointer leading(int count) {
      DoublePointer leading = new DoublePointer((long) order * count);
      leading.put(vectors, 0, Math.multiplyExact(order, count));
      return leading;
    }
  }
}
