package io.rankfall.train.theory;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * The matrix of low rank that the theorem speaks of, made of the training's own steps: V_n = −Σ_j
 * p_{j−1}·μ·G over the last n steps, beside W_T. All errors are over ‖W_T‖_F.
 *
 * @param steps n
 * @param error ‖W_T − V_n‖_F
 * @param predicted (|p_n|·‖W_{T−n}‖_F + |q_n|·‖W_{T−n−1}‖_F); without momentum it equals the error
 *     but for rounding, with momentum it bounds it; null where the norms were not measured
 * @param roundingBound what rounding can add to either
 * @param rankBound how many factors the gradients of these steps had, at most min(d_out, d_in)
 * @param measuredRank how many singular values of V_n exceed (1.1e-6 + 2⁻²⁴·√min(d_out, d_in))·σ₁,
 *     what measuring them and rounding V_n can add, or max(d_out, d_in)·2⁻²³·σ₁ where gradients are
 *     known as rounded matrices
 * @param bestError of the best approximation of W_T of rank {@code rankBound} (Eckart–Young)
 */
public record WitnessPoint(
    long steps,
    double error,
    @Nullable Double predicted,
    double roundingBound,
    int rankBound,
    int measuredRank,
    double bestError) {

  /** Whether rank, error and the best error are as they must be. */
  @JsonProperty
  public boolean holds() {
    return measuredRank <= rankBound
        && (predicted == null || error <= predicted + roundingBound)
        && bestError <= error + roundingBound;
  }
}
