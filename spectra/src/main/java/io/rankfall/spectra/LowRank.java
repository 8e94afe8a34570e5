package io.rankfall.spectra;

/**
 * A matrix as a product of two thin ones: left (m×r) · right (r×n).
 *
 * @param left m×r
 * @param right r×n
 */
public record LowRank(Matrix left, Matrix right) {
  public LowRank {
    if (left.cols() != right.rows()) {
      throw new IllegalArgumentException(
          "factors: expected the inner dimensions to agree, found %dx%d and %dx%d"
              .formatted(left.rows(), left.cols(), right.rows(), right.cols()));
    }
  }

  public int rank() {
    return left.cols();
  }

  /** How many numbers both factors hold: r·(m+n). */
  public long parameters() {
    return left.size() + right.size();
  }

  public Matrix product() {
    return left.times(right);
  }

  /**
   * The largest r with r·(m+n) &lt; m·n: up to it, the factors are smaller than the matrix. 0 if
   * there is none.
   */
  public static int breakEvenRank(int rows, int cols) {
    return (int) (((long) rows * cols - 1) / ((long) rows + cols));
  }
}
