package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Truncation;
import java.util.function.IntToDoubleFunction;

/**
 * What can become of one layer, cheapest first: option k is rank k+1 up to the break-even rank, the
 * last is the dense matrix, which loses nothing.
 */
final class RankOptions {
  private final int breakEven;
  private final int rows;
  private final int cols;
  private final double[] losses;

  /**
   * @param losses weighted losses, not increasing, of ranks 1 to the break-even rank
   */
  RankOptions(int rows, int cols, double... losses) {
    this.breakEven = LowRank.breakEvenRank(rows, cols);
    if (losses.length != breakEven) {
      throw new IllegalArgumentException(
          "losses: expected one for each of %d ranks, found %d"
              .formatted(breakEven, losses.length));
    }
    this.rows = rows;
    this.cols = cols;
    this.losses = losses.clone();
  }

  static RankOptions of(Truncation truncation) {
    int rows = truncation.matrix().rows();
    int cols = truncation.matrix().cols();
    double all = truncation.loss(0);
    double[] losses = new double[LowRank.breakEvenRank(rows, cols)];
    for (int k = 0; k < losses.length; k++) {
      losses[k] = all == 0 ? 0 : truncation.loss(k + 1) / all;
    }
    return new RankOptions(rows, cols, losses);
  }

  /** Losses times a weight for each rank, made not to increase with the rank. */
  RankOptions weighted(IntToDoubleFunction weight) {
    RankOptions result = new RankOptions(rows, cols, losses);
    double least = Double.POSITIVE_INFINITY;
    for (int k = 0; k < losses.length; k++) {
      least = Math.min(least, losses[k] * weight.applyAsDouble(k + 1));
      result.losses[k] = least;
    }
    return result;
  }

  int size() {
    return breakEven + 1;
  }

  boolean isDense(int option) {
    return option == breakEven;
  }

  int rank(int option) {
    return option + 1;
  }

  /** The option of a wanted rank: dense beyond the break-even rank. */
  int atRank(int rank) {
    return Math.min(rank - 1, breakEven);
  }

  /** The cheapest option that loses at most so much. */
  int losingAtMost(double loss) {
    int k = 0;
    while (loss(k) > loss) {
      k++;
    }
    return k;
  }

  long cost(int option) {
    return isDense(option) ? (long) rows * cols : rank(option) * ((long) rows + cols);
  }

  double loss(int option) {
    return isDense(option) ? 0 : losses[option];
  }
}
