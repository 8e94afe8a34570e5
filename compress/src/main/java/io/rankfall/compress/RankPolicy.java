package io.rankfall.compress;

/**
 * How ranks are chosen from the weights, and what the objective says of them. A layer is factored
 * only where that makes it smaller.
 */
public sealed interface RankPolicy extends Goal {

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

    @Override
    public String text() {
      return "rank %d in every layer".formatted(rank);
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

    @Override
    public String text() {
      return "%s of the energy in every layer".formatted(share);
    }
  }

  /**
   * For each layer the ε-rank: the smallest decomposition with ‖W − Ŵ‖ ≤ ε·‖W‖ in the norm of the
   * objective, that is loss ≤ ε²·loss(0). Without calibration this is the Frobenius norm.
   */
  record Epsilon(double epsilon) implements RankPolicy {
    public Epsilon {
      requireShare("epsilon", epsilon);
    }

    @Override
    public String text() {
      return "relative error at most %s in every layer".formatted(epsilon);
    }
  }

  /**
   * At most {@code share} of the parameters of the whole model, biases and skipped layers included.
   */
  record ParameterBudget(double share, Division division) implements RankPolicy {
    public ParameterBudget {
      requireShare("parameter share", share);
    }

    /** Divided to lose least in sum. */
    public ParameterBudget(double share) {
      this(share, Division.GLOBAL);
    }

    @Override
    public String text() {
      return "at most %s of the parameters".formatted(share);
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

  /** Above 0 and at most 1. */
  static void requireShare(String what, double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "%s: expected above 0, at most 1, found %s".formatted(what, share));
    }
  }
}
