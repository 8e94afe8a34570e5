package io.rankfall.compress;

/** How ranks are chosen. A layer is factored only where that makes it smaller. */
public sealed interface RankPolicy {

  /**
   * The same rank r everywhere, where r·(m+n) &lt; m·n. Of a convolution's decompositions with no
   * more numbers than the channel decomposition of rank r, the one that loses least.
   */
  record Uniform(int rank) implements RankPolicy {
    public Uniform {
      if (rank < 1) {
        throw new IllegalArgumentException("rank: expected >= 1, found " + rank);
      }
    }
  }

  /**
   * For each layer the smallest decomposition with loss ≤ (1 − share)·loss(0), in the units of the
   * objective.
   */
  record Energy(double share) implements RankPolicy {
    public Energy {
      requireShare("energy share", share);
    }
  }

  /**
   * At most {@code share} of the parameters of the whole model, biases and skipped layers included.
   */
  record ParameterBudget(double share, Division division) implements RankPolicy {
    public ParameterBudget {
      requireShare("parameter share", share);
    }
  }

  /** How layers share a budget. */
  enum Division {
    /** The largest common rank that fits, see {@link Uniform}. */
    UNIFORM,
    /** The largest common energy share that fits. */
    ENERGY,
    /** The ranks with the least sum of weighted relative losses loss(r)/loss(0) that fit. */
    GLOBAL
  }

  private static void requireShare(String what, double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "%s: expected above 0, at most 1, found %s".formatted(what, share));
    }
  }
}
