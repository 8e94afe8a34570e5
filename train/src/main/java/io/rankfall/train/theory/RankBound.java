package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * The rank that the steps of a {@link MemoryWindow} can make: each adds one gradient, and the
 * gradient of B examples that use the weights R times each is a sum of B·R products of two vectors.
 * So W is within ε·‖W‖ of a matrix of rank at most B·R·n (arXiv 2206.05794).
 *
 * @param batchSize B; with gradients accumulated over k batches, k·B
 * @param positions R: 1 for a linear layer, the output positions of a convolution, the tokens of an
 *     attention projection
 * @param rows d_out
 * @param cols d_in
 */
public record RankBound(MemoryWindow window, int batchSize, int positions, int rows, int cols) {
  public RankBound {
    requireNonNull(window, "window");
    if (batchSize < 1 || positions < 1 || rows < 1 || cols < 1) {
      throw new IllegalArgumentException(
          "rank bound: expected B, R and dimensions >= 1, found B=%d, R=%d, %dx%d"
              .formatted(batchSize, positions, rows, cols));
    }
  }

  /** min(d_out, d_in, B·R): what the gradient of one step can have. */
  @JsonProperty
  public int gradientRank() {
    return (int) Math.min(fullRank(), (long) batchSize * positions);
  }

  /** min(d_out, d_in): what any matrix of this shape can have. */
  @JsonProperty
  public int fullRank() {
    return Math.min(rows, cols);
  }

  /** B·R·n, at most 2⁶³ − 1; null where the window is infinite. */
  @JsonProperty
  public @Nullable Long rank() {
    Long gradients = window.gradients();
    if (gradients == null) {
      return null;
    }
    long each = (long) batchSize * positions;
    return gradients > Long.MAX_VALUE / each ? Long.MAX_VALUE : gradients * each;
  }

  /** Whether every matrix of this shape keeps to the bound. */
  @JsonProperty
  public boolean vacuous() {
    Long rank = rank();
    return rank == null || rank >= fullRank();
  }
}
