package io.rankfall.spectra;

import io.rankfall.spectra.Blas.Op;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Leading factors of a large matrix from a randomized block Krylov space (Musco and Musco, NeurIPS
 * 2015; Halko, Martinsson and Tropp, SIAM Review 53, 2011): the best approximation of the given
 * rank whose rows lie in span{Ω, WᵀW·Ω, …, (WᵀW)¹¹·Ω}, Ω Gaussian with half as many columns as the
 * rank.
 *
 * <p>Block Lanczos on WᵀW with every new block V orthogonalised against all earlier ones. W·V is
 * kept, so nothing is read off squares. Products are single precision, and the projected matrix is
 * truncated in double precision.
 */
final class BlockLanczos implements AutoCloseable {
  /** Ten are not always enough for 2 % on Gaussian matrices of order 2048. */
  private static final int STEPS = 12;

  private static final double SAFE = 0x1p80;

  /**
   * What is added to each new block at random, relative to its norm: about what its products round
   * by. Columns of a block that depend on each other without any rounding would leave none to
   * normalise, and the unit vectors that QR then puts in their places come again in later blocks.
   */
  private static final float NOISE = 0x1p-20f;

  /** Thinner products cost more for each column. */
  private static final int SMALLEST_BLOCK = 16;

  private final Blas blas = Blas.load();
  private final int m;
  private final int n;
  private final int block;

  /** Wᵀ to BLAS: n×m, column-major. */
  private final FloatPointer wt;

  /** V, orthonormal: n×(STEPS·block). */
  private final FloatPointer basis;

  /** W·V. */
  private final FloatPointer image;

  /** (W·V)ᵀ of one block, block×m. */
  private final FloatPointer thinImage;

  /** The next block before it is orthogonalised, transposed: block×n. */
  private final FloatPointer thinBlock;

  private final FloatPointer coefficients;
  private final FloatPointer identity;

  private BlockLanczos(Matrix w, int block) {
    this.m = w.rows();
    this.n = w.cols();
    this.block = block;
    long width = (long) STEPS * block;
    this.wt = new FloatPointer(w.values());
    this.basis = new FloatPointer(n * width);
    this.image = new FloatPointer(m * width);
    this.thinImage = new FloatPointer((long) m * block);
    this.thinBlock = new FloatPointer((long) n * block);
    this.coefficients = new FloatPointer(width * block);
    float[] ones = new float[block * block];
    for (int i = 0; i < block; i++) {
      ones[i * (block + 1)] = 1;
    }
    this.identity = new FloatPointer(ones);
  }

  /**
   * Whether the space is worth it, at most half of the shorter side, and the numbers are far from
   * the ends of single precision.
   *
   * @param norm ‖W‖_F
   */
  static boolean suits(Matrix w, int rank, double norm) {
    return 2L * STEPS * blockFor(rank) <= w.fullRank() && norm > 1 / SAFE && norm < SAFE;
  }

  private static int blockFor(int rank) {
    return Math.max(SMALLEST_BLOCK, (rank + 1) / 2);
  }

  /** The factors of a matrix and a rank that {@linkplain #suits suit}. */
  static LowRank factors(Matrix w, int rank, long seed) {
    try (BlockLanczos lanczos = new BlockLanczos(w, blockFor(rank))) {
      lanczos.span(new SplittableRandom(seed));
      return lanczos.truncated(rank);
    }
  }

  private void span(SplittableRandom random) {
    basis.put(gaussian(random, 1));
    for (int step = 0; step < STEPS; step++) {
      FloatPointer v = orthonormalized(step);
      blas.sgemm(Op.TRANSPOSED, Op.AS_IS, block, m, n, 1, v, n, wt, n, 0, thinImage, block);
      addTransposed(thinImage, m, 0, image.getPointer((long) step * block * m));
      if (step + 1 < STEPS) {
        double size = blas.norm(m * block, thinImage);
        blas.sscal(m * block, size == 0 ? 0 : (float) (1 / size), thinImage);
        blas.sgemm(
            Op.AS_IS, Op.TRANSPOSED, block, n, m, 1, thinImage, block, wt, n, 0, thinBlock, block);
        double scale = NOISE * blas.norm(n * block, thinBlock) / Math.sqrt((double) n * block);
        FloatPointer next = basis.getPointer((step + 1L) * block * n);
        next.put(gaussian(random, scale == 0 ? 1 : scale));
        addTransposed(thinBlock, n, 1, next);
      }
    }
  }

  /** n×block numbers. */
  private float[] gaussian(SplittableRandom random, double deviation) {
    float[] numbers = new float[n * block];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) (deviation * random.nextGaussian());
    }
    return numbers;
  }

  /** To (rows×block) ← thinᵀ + share·to: the identity makes a product of the transposition. */
  private void addTransposed(FloatPointer thin, int rows, float share, FloatPointer to) {
    blas.sgemm(
        Op.TRANSPOSED,
        Op.AS_IS,
        rows,
        block,
        block,
        1,
        thin,
        block,
        identity,
        block,
        share,
        to,
        rows);
  }

  /**
   * The block of the given index, made orthonormal and orthogonal to the ones before. Where the
   * space is exhausted, the first projection leaves its own rounding and the second removes that;
   * the third removes what normalisation has magnified.
   */
  private FloatPointer orthonormalized(int index) {
    FloatPointer last = basis.getPointer((long) index * block * n);
    project(last, index * block);
    for (int pass = 0; pass < 2; pass++) {
      project(last, index * block);
      blas.orthonormalize(n, block, last);
    }
    return last;
  }

  /** X (n×block) ← X − V·(Vᵀ·X) for the first columns V of the basis. */
  private void project(FloatPointer x, int columns) {
    if (columns > 0) {
      blas.sgemm(
          Op.TRANSPOSED, Op.AS_IS, columns, block, n, 1, basis, n, x, n, 0, coefficients, columns);
      blas.sgemm(
          Op.AS_IS, Op.AS_IS, n, block, columns, -1, basis, n, coefficients, columns, 1, x, n);
    }
  }

  /** W·V·Vᵀ = image·basisᵀ, truncated. */
  private LowRank truncated(int rank) {
    int width = STEPS * block;
    LowRank transposed = Truncation.of(matrix(width, m, image)).at(rank);
    try (FloatPointer leading = new FloatPointer(transposed.left().values());
        FloatPointer rows = new FloatPointer((long) n * rank)) {
      blas.sgemm(Op.AS_IS, Op.TRANSPOSED, n, rank, width, 1, basis, n, leading, rank, 0, rows, n);
      return new LowRank(transposed.right().transposed(), matrix(rank, n, rows));
    }
  }

  private static Matrix matrix(int rows, int cols, FloatPointer rowMajor) {
    float[] values = new float[Math.multiplyExact(rows, cols)];
    rowMajor.get(values);
    return Matrix.owning(rows, cols, values);
  }

  @Override
  public void close() {
    for (FloatPointer owned :
        new FloatPointer[] {wt, basis, image, thinImage, thinBlock, coefficients, identity}) {
      owned.close();
    }
  }
}
