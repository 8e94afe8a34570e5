package io.rankfall.train.theory;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * How much a layer moves: SGD with weight decay on small batches cannot settle. A step without
 * momentum is W_{t+1} − W_t = −μ·wd·W_t − μ·G with rank(G) ≤ B·R, so
 *
 * <pre>
 *   ‖W_{t+1} − W_t‖_F / ‖W_t‖_F ≥ μ·wd·e_{B·R}(W_t)
 * </pre>
 *
 * where e_r is the relative error of the best approximation of rank r (Eckart–Young): only a matrix
 * of rank B·R could rest.
 *
 * @param epoch at whose end W_t is
 * @param epochDistance ‖W_t − W_{t−1 epoch}‖_F / ‖W_{t−1 epoch}‖_F; null before the first epoch
 * @param stepDistance of the step that follows; null behind the last one
 * @param stepFloor the right side; null with momentum, where a step also goes on as the last
 * @param roundingBound what rounding can take from the step's distance
 */
public record Movement(
    int epoch,
    @Nullable Double epochDistance,
    @Nullable Double stepDistance,
    @Nullable Double stepFloor,
    double roundingBound) {

  /** Whether the step was as long as it must be. */
  @JsonProperty
  public boolean holds() {
    return stepDistance == null || stepFloor == null || stepDistance + roundingBound >= stepFloor;
  }
}
