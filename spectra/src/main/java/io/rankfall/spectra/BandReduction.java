package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;

/**
 * The singular values of a large matrix in two stages (Großer and Lang, Parallel Computing 25,
 * 1999): Householder reflections in single precision take W to an upper triangular band matrix B of
 * {@value #BAND} diagonals above the main one; the eigenvalues of BᵀB, formed and reduced to
 * tridiagonal form in double precision, are the squares.
 *
 * <p>Nearly all work is matrix products, and an orthogonal reduction perturbs W itself, not its
 * square: single precision costs 4e-8·σ₁ at order 2048, where a single-precision Gram matrix is
 * wrong below 1e-3·σ₁.
 */
final class BandReduction implements AutoCloseable {
  private static final int BAND = 32;

  /** From this order on it is faster than the double-precision Gram matrix. */
  private static final int SMALLEST_ORDER = 1024;

  /** Up to this ratio of the sides. */
  private static final int LARGEST_ASPECT = 3;

  /** Beyond these powers of two, squares come near the ends of single precision. */
  private static final int SAFE_EXPONENT = 40;

  private final Blas blas = Blas.load();

  /** The longer and the shorter side of W. */
  private final int p;

  private final int q;

  /** p×q column-major; as the reduction goes on, only its lower right corner is meaningful. */
  private final FloatPointer a;

  /** m×2w: the vectors of the left reflections V beside X. */
  private final FloatPointer left;

  /** c×2w: Z beside the vectors of the right reflections Y. */
  private final FloatPointer right;

  private final FloatPointer thin;
  private final FloatPointer t = zeros(BAND * BAND);
  private final FloatPointer small = zeros(BAND * BAND);
  private final FloatPointer identity = zeros(BAND * BAND);
  private final FloatPointer tau = zeros(BAND);
  private final FloatPointer work = zeros(BAND);

  /** B: entry (i, j) at j·(BAND+1) + j−i. */
  private final double[] band;

  private BandReduction(int p, int q) {
    this.p = p;
    this.q = q;
    this.a = new FloatPointer((long) p * q);
    this.left = new FloatPointer(2L * p * BAND);
    this.right = new FloatPointer(2L * q * BAND);
    this.thin = new FloatPointer((long) p * BAND);
    this.band = new double[Math.multiplyExact(q, BAND + 1)];
    for (int i = 0; i < BAND; i++) {
      identity.put(i * (BAND + 1L), 1);
    }
  }

  /** Whether this is the fastest way for a matrix of this shape. */
  static boolean suits(Matrix w) {
    int q = w.fullRank();
    return q >= SMALLEST_ORDER && w.size() <= (long) LARGEST_ASPECT * q * q;
  }

  /**
   * The squares of the singular values, descending.
   *
   * @throws NonFiniteException if an entry is NaN or infinite
   */
  static double[] squaredSingularValues(Matrix w) {
    // A row-major matrix is its transpose to BLAS, so the longer side must be the columns.
    Matrix wide = w.rows() <= w.cols() ? w : w.transposed();
    try (BandReduction reduction = new BandReduction(wide.cols(), wide.rows())) {
      return reduction.squares(wide.values(), w);
    }
  }

  private double[] squares(float[] values, Matrix w) {
    float largest = largest(values);
    if (!Float.isFinite(largest)) {
      throw Gram.nonFinite(w);
    }
    int exponent = Math.getExponent(largest);
    if (largest == 0 || Math.abs(exponent) <= SAFE_EXPONENT) {
      exponent = 0;
      a.put(values);
    } else {
      a.put(scaled(values, -exponent));
    }
    for (int k = 0; k < q; k += BAND) {
      reduce(k);
    }
    double[] squares = eigenvaluesOfSquare();
    for (int i = 0; i < squares.length; i++) {
      squares[i] = Math.scalb(squares[i], 2 * exponent);
    }
    return squares;
  }

  /** The largest absolute value; NaN or infinite if one of them is. */
  private static float largest(float[] values) {
    int bits = 0;
    for (float v : values) {
      bits = Math.max(bits, Float.floatToRawIntBits(v) & Integer.MAX_VALUE);
    }
    return Float.intBitsToFloat(bits);
  }

  private static float[] scaled(float[] values, int exponent) {
    float[] scaled = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      scaled[i] = Math.scalb(values[i], exponent);
    }
    return scaled;
  }

  /**
   * Takes w columns and then w rows from k on to their place in B. With C (m×c) right of the
   * columns, Q = I − V·T·Vᵀ and P = I − Y·S·Yᵀ:
   *
   * <pre>
   * QᵀC   = C − V·Zᵀ              Z = (Vᵀ·C)ᵀ·T
   * QᵀC·P = C − V·Zᵀ − X·Yᵀ       X = (C − V·Zᵀ)·Y·S
   * </pre>
   *
   * so C is read twice and written once, with an inner dimension of 2w. The thin products have C on
   * the right, where OpenBLAS is a third faster.
   */
  private void reduce(int k) {
    int w = Math.min(BAND, q - k);
    int m = p - k;
    int c = q - k - w;
    FloatPointer columns = at(a, (long) k * p + k);
    for (int j = 0; j < w; j++) {
      FloatPointer.memcpy(at(left, (long) j * m), at(columns, (long) j * p), 4L * m);
    }
    blas.householder(m, w, left, t, BAND, tau, work);
    for (int j = 0; j < w; j++) {
      for (int i = 0; i <= j; i++) {
        store(k + i, k + j, left.get((long) j * m + i));
      }
    }
    fillUnitTriangle(left, m, w);
    if (c == 0) {
      return;
    }
    FloatPointer trailing = at(columns, (long) w * p);
    blas.sgemm(Op.TRANSPOSED, Op.AS_IS, w, c, m, 1, left, m, trailing, p, 0, thin, w);
    blas.sgemm(Op.TRANSPOSED, Op.AS_IS, c, w, w, 1, thin, w, t, BAND, 0, right, c);

    // The first w rows of C − V·Zᵀ, transposed; the identity makes a product of the transposition.
    FloatPointer y = at(right, (long) c * w);
    blas.sgemm(Op.TRANSPOSED, Op.AS_IS, c, w, w, 1, trailing, p, identity, BAND, 0, y, c);
    blas.sgemm(Op.AS_IS, Op.TRANSPOSED, c, w, w, -1, right, c, left, m, 1, y, c);
    blas.householder(c, w, y, t, BAND, tau, work);
    int r = Math.min(c, w);
    for (int j = 0; j < w; j++) {
      for (int i = 0; i <= Math.min(j, r - 1); i++) {
        store(k + j, k + w + i, y.get((long) j * c + i));
      }
    }
    fillUnitTriangle(y, c, r);

    int m2 = m - w;
    if (m2 == 0) {
      return;
    }
    FloatPointer below = at(trailing, w);
    FloatPointer v2 = at(left, w);
    blas.sgemm(Op.TRANSPOSED, Op.TRANSPOSED, r, m2, c, 1, y, c, below, p, 0, thin, r);
    blas.sgemm(Op.TRANSPOSED, Op.AS_IS, r, w, c, 1, y, c, right, c, 0, small, r);
    blas.sgemm(Op.AS_IS, Op.TRANSPOSED, r, m2, w, -1, small, r, v2, m, 1, thin, r);
    blas.sgemm(Op.TRANSPOSED, Op.AS_IS, m2, r, r, 1, thin, r, t, BAND, 0, at(v2, (long) m * w), m);
    blas.sgemm(Op.AS_IS, Op.TRANSPOSED, m2, c, w + r, -1, v2, m, right, c, 1, below, p);
  }

  private void store(int row, int col, float value) {
    band[col * (BAND + 1) + col - row] = value;
  }

  /** The upper triangle of an n-column matrix of unit vectors: ones below zeros. */
  private static void fillUnitTriangle(FloatPointer vectors, int ld, int n) {
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < j; i++) {
        vectors.put((long) j * ld + i, 0);
      }
      vectors.put((long) j * ld + j, 1);
    }
  }

  /** The eigenvalues of BᵀB, whose band is as wide as that of B. */
  private double[] eigenvaluesOfSquare() {
    int height = BAND + 1;
    double[] square = new double[band.length];
    for (int j = 0; j < q; j++) {
      for (int i = j; i < Math.min(q, j + height); i++) {
        double sum = 0;
        for (int row = Math.max(0, i - BAND); row <= j; row++) {
          sum += band[i * height + i - row] * band[j * height + j - row];
        }
        square[j * height + i - j] = sum;
      }
    }
    try (DoublePointer ab = new DoublePointer(square);
        DoublePointer diagonal = new DoublePointer(q);
        DoublePointer beside = new DoublePointer(q)) {
      blas.dsbtrd(q, BAND, ab, diagonal, beside);
      return Tridiagonal.eigenvalues(q, diagonal, beside);
    }
  }

  private static FloatPointer at(FloatPointer matrix, long offset) {
    return matrix.getPointer(offset);
  }

  private static FloatPointer zeros(int n) {
    return new FloatPointer(new float[n]);
  }

  @Override
  public void close() {
    for (FloatPointer owned :
        new FloatPointer[] {a, left, right, thin, t, small, identity, tau, work}) {
      owned.close();
    }
  }
}
