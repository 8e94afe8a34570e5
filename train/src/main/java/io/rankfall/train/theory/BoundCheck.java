package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * The theorem held against one measured matrix W_T.
 *
 * <p>The premise, in numbers that were measured:
 *
 * <pre>
 *   remainder + rounding ≤ ε·‖W_T‖,   remainder = |p_n|·‖W_{T−n}‖ + |q_n|·‖W_{T−n−1}‖
 * </pre>
 *
 * where rounding bounds what single precision and the measurement of singular values add. W_T minus
 * the sum of the last n updates, of rank at most B·R·n, is no larger, and the best approximation of
 * that rank is no worse (Eckart–Young): then the measured ε-rank cannot exceed the bound.
 *
 * @param measuredRank the smallest r with ‖W_T − W_r‖_F ≤ ε·‖W_T‖_F
 * @param steps T
 * @param premise the left side of the premise over ‖W_T‖; null where it was not measured, since the
 *     bound is vacuous or T &lt; n. {@code Infinity} for a zero matrix that was none n steps before
 * @param stepsNeeded how long the training would have to be to contain its window; null where it
 *     does, or where no length suffices
 */
public record BoundCheck(
    RankBound bound,
    int measuredRank,
    long steps,
    @Nullable Double premise,
    @Nullable Long stepsNeeded,
    Verdict verdict) {

  public BoundCheck {
    requireNonNull(bound, "bound");
    requireNonNull(verdict, "verdict");
  }

  /**
   * What was measured of one matrix at step T.
   *
   * @param norm ‖W_T‖_F
   * @param remainder p_n, q_n and the norms of n steps before put together, in the units of W; null
   *     if T &lt; n
   * @param rounding in the units of W, ≥ 0
   */
  public record Measured(
      int rank, long steps, double norm, @Nullable Double remainder, double rounding) {
    public Measured {
      if (rank < 0 || steps < 0 || !(norm >= 0) || !(rounding >= 0)) {
        throw new IllegalArgumentException(
            "measurement: expected numbers >= 0, found rank %d, step %d, norm %s, rounding %s"
                .formatted(rank, steps, norm, rounding));
      }
    }
  }

  /**
   * Draws the verdict: first whether the bound says anything, then whether its premise is true,
   * then whether it is kept.
   *
   * @param stepsNeeded where the training does not contain its window, what would
   */
  public static BoundCheck of(RankBound bound, Measured measured, @Nullable Long stepsNeeded) {
    Long window = bound.window().steps();
    Long rank = bound.rank();
    if (window == null || rank == null || bound.vacuous()) {
      return new BoundCheck(bound, measured.rank, measured.steps, null, null, Verdict.VACUOUS);
    }
    Double remainder = measured.remainder;
    if (window > measured.steps || remainder == null) {
      return new BoundCheck(
          bound, measured.rank, measured.steps, null, stepsNeeded, Verdict.NOT_YET);
    }
    double left = remainder + measured.rounding;
    boolean premise = left <= bound.window().epsilon() * measured.norm;
    Verdict verdict =
        !premise ? Verdict.NOT_YET : measured.rank <= rank ? Verdict.HOLDS : Verdict.VIOLATED;
    double share = left == 0 ? 0 : left / measured.norm;
    return new BoundCheck(bound, measured.rank, measured.steps, share, null, verdict);
  }

  /** How much lower the measured rank is than the bound; null where the bound is no number. */
  @JsonProperty
  public @Nullable Long slack() {
    Long rank = bound.rank();
    return rank == null ? null : rank - measuredRank;
  }
}
