package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * The theorem beside a matrix of which nothing but its end is known: whether the norms of the steps
 * before were small enough, the theorem's premise, was not measured.
 *
 * @param measuredRank the smallest r with ‖W_T − W_r‖_F ≤ ε·‖W_T‖_F
 * @param steps T
 * @param stepsNeeded how long the training would have to be to contain its window; null where it
 *     does, or where no length suffices
 */
public record ModelBound(
    RankBound bound, int measuredRank, long steps, @Nullable Long stepsNeeded) {

  /** What can be said. */
  public enum Finding {
    /** Any matrix of this shape keeps to the bound. */
    VACUOUS,
    /** T is below n(ε): some of W is older than the training. */
    NOT_YET,
    /** The rank keeps to the bound. */
    WITHIN,
    /**
     * The rank is above the bound: the norm has more than halved within the window, or these are
     * not the settings of its training.
     */
    ABOVE
  }

  public ModelBound {
    requireNonNull(bound, "bound");
  }

  @JsonProperty
  public Finding finding() {
    Long window = bound.window().steps();
    Long rank = bound.rank();
    if (window == null || rank == null || bound.vacuous()) {
      return Finding.VACUOUS;
    } else if (window > steps) {
      return Finding.NOT_YET;
    }
    return measuredRank <= rank ? Finding.WITHIN : Finding.ABOVE;
  }
}
