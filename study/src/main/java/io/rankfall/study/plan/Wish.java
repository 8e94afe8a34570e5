package io.rankfall.study.plan;

/**
 * What a trained network should be.
 *
 * @param rank at most this, as a mean over the layers that count
 * @param minAccuracy share of the test examples, 0 to 1: at least this
 */
public record Wish(double rank, double minAccuracy) {
  public Wish {
    if (!(rank > 0 && rank < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("rank: expected > 0, found " + rank);
    }
    if (!(minAccuracy >= 0 && minAccuracy <= 1)) {
      throw new IllegalArgumentException("accuracy: expected 0 to 1, found " + minAccuracy);
    }
  }

  boolean isMetBy(double itsRank, double itsAccuracy) {
    return itsRank <= rank && itsAccuracy >= minAccuracy;
  }
}
