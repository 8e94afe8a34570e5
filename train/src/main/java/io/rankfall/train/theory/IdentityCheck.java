package io.rankfall.train.theory;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The unrolled recursion held against the training's own weights and gradients:
 *
 * <pre>
 *   residual = ‖W_T − p_n·W_{T−n} − q_n·W_{T−n−1} + Σ_j p_{j−1}·μ·G‖_F / ‖W_T‖_F
 * </pre>
 *
 * in double precision, G being the gradient of step T−j+1.
 *
 * @param step T
 * @param steps n
 * @param roundingBound what the roundings of n steps in single precision can add up to ({@link
 *     io.rankfall.train.StepRounding}), over ‖W_T‖_F
 */
public record IdentityCheck(long step, long steps, double residual, double roundingBound) {
  /** Whether the residual is rounding. */
  @JsonProperty
  public boolean holds() {
    return residual <= roundingBound;
  }
}
