package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;

/**
 * The signs of the eigenvalues of A = W·Wᵀ − τ²·I, or Wᵀ·W − τ²·I if that is smaller.
 *
 * <p>A Gram matrix in single precision costs half, and its error is mostly harmless. So it is tried
 * first, and its factors Ã ≈ A are held against W itself, in double precision. With M = I − Ã⁻¹·A
 * the matrices Ã·(I − t·M), 0 ≤ t ≤ 1, lead from à to A; if the spectral radius of M is below 1
 * none of them is singular, no eigenvalue changes its sign on the way, and both have the same
 * inertia. For {@value #PROBES} Gaussian vectors ω, ‖Mᵏ‖ exceeds 10·√(2/π)·max‖Mᵏω‖ with a
 * probability of 1e-8 (Halko, Martinsson and Tropp, SIAM Review 53, 2011, lemma 4.1): a value below
 * 1 settles it. Otherwise A is formed again in double precision.
 */
final class ShiftedGram {
  private static final int PROBES = 8;

  /** How often M is applied before single precision is given up. */
  private static final int ROUNDS = 3;

  private static final double HALKO = 10 * Math.sqrt(2 / Math.PI);

  /** The probes are the same on every run. */
  private static final long SEED = 1;

  /** Below this order, double precision costs no more than the probes. */
  private static final int SMALLEST_ORDER = 128;

  /** The share of ‖W‖_F below which single precision has no chance. */
  private static final double SMALLEST_THRESHOLD = 0x1p-15;

  /** Of the longer side, how much is converted to double precision at a time. */
  private static final int PANEL = 256;

  private final Blas blas = Blas.load();
  private final Matrix w;
  private final double shift;

  /** The order of A, and the longer side of W. */
  private final int n;

  private final int inner;

  /**
   * @param w finite
   * @param threshold τ
   */
  ShiftedGram(Matrix w, double threshold) {
    this.w = w;
    this.shift = threshold * threshold;
    this.n = w.fullRank();
    this.inner = Math.max(w.rows(), w.cols());
  }

  /**
   * How many eigenvalues are positive.
   *
   * @param norm ‖W‖_F
   */
  int positiveEigenvalues(double norm) {
    if (n >= SMALLEST_ORDER && shift >= Math.pow(SMALLEST_THRESHOLD * norm, 2)) {
      OptionalInt certified = inSinglePrecision();
      if (certified.isPresent()) {
        return certified.getAsInt();
      }
    }
    return inDoublePrecision();
  }

  int inDoublePrecision() {
    try (Inertia inertia = new Inertia(n, Gram.lowerTriangle(w), shift)) {
      return inertia.positive();
    }
  }

  /** The count, if it is certain. */
  OptionalInt inSinglePrecision() {
    try (FloatPointer weights = new FloatPointer(w.values());
        Inertia approximate = new Inertia(n, roundedGram(weights), shift)) {
      return certifies(approximate, weights)
          ? OptionalInt.of(approximate.positive())
          : OptionalInt.empty();
    }
  }

  private DoublePointer roundedGram(FloatPointer weights) {
    DoublePointer wide = new DoublePointer((long) n * n);
    try (FloatPointer gram = new FloatPointer((long) n * n)) {
      blas.ssyrk(byRows() ? Op.TRANSPOSED : Op.AS_IS, n, inner, weights, leading(), gram, n);
      blas.widen(n, n, gram, n, wide, n);
    }
    return wide;
  }

  /** Whether the spectral radius of M is below 1. */
  private boolean certifies(Inertia approximate, FloatPointer weights) {
    int count = n * PROBES;
    double[] x = new double[count];
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < count; i++) {
      x[i] = random.nextGaussian();
    }
    double[] ax = new double[count];
    try (DoublePointer probes = new DoublePointer(count);
        DoublePointer product = new DoublePointer(count)) {
      for (int round = 0; round < ROUNDS; round++) {
        probes.put(x);
        multiplyByGram(weights, probes, product);
        product.get(ax);
        for (int i = 0; i < count; i++) {
          ax[i] -= shift * x[i];
        }
        product.put(ax);
        approximate.solve(PROBES, product);
        product.get(ax);
        for (int i = 0; i < count; i++) {
          x[i] -= ax[i];
        }
        if (HALKO * largestNorm(x) < 1) {
          return true;
        }
      }
    }
    return false;
  }

  /** Y ← W·Wᵀ·X, in double precision. */
  private void multiplyByGram(FloatPointer weights, DoublePointer x, DoublePointer y) {
    Op toInner = byRows() ? Op.AS_IS : Op.TRANSPOSED;
    Op back = byRows() ? Op.TRANSPOSED : Op.AS_IS;
    try (DoublePointer panel = new DoublePointer((long) PANEL * n);
        DoublePointer projected = new DoublePointer(PANEL * PROBES)) {
      for (int from = 0; from < inner; from += PANEL) {
        int width = Math.min(PANEL, inner - from);
        // To BLAS the weights are inner×n if A is made of rows, n×inner otherwise.
        int ld = byRows() ? width : n;
        if (byRows()) {
          blas.widen(width, n, weights.getPointer(from), inner, panel, width);
        } else {
          blas.widen(n, width, weights.getPointer((long) from * n), n, panel, n);
        }
        blas.dgemm(toInner, Op.AS_IS, width, PROBES, n, 1, panel, ld, x, n, 0, projected, width);
        double beta = from == 0 ? 0 : 1;
        blas.dgemm(back, Op.AS_IS, n, PROBES, width, 1, panel, ld, projected, width, beta, y, n);
      }
    }
  }

  /** The largest Euclidean norm of a probe; NaN if there is one among them. */
  private double largestNorm(double[] probes) {
    double largest = 0;
    for (int probe = 0; probe < PROBES; probe++) {
      double sum = 0;
      for (int i = 0; i < n; i++) {
        sum += probes[probe * n + i] * probes[probe * n + i];
      }
      largest = Math.max(largest, sum);
    }
    return Math.sqrt(largest);
  }

  private boolean byRows() {
    return Gram.ofRows(w);
  }

  /** Of the weights, as BLAS sees them. */
  private int leading() {
    return w.cols();
  }
}
