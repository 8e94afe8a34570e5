package io.rankfall.study.recording;

import io.rankfall.spectra.Spectrum;
import org.jspecify.annotations.Nullable;

/**
 * A layer behind one step.
 *
 * @param step t, 0 before training
 * @param loss mean of the batches since the frame before, in nats; null at step 0
 * @param weights W_t
 * @param spectrum of W_t itself, not of what it is rounded to
 * @param gradient what step t moved the weights by; null at step 0
 */
public record Frame(
    long step,
    @Nullable Double loss,
    Int8Matrix weights,
    Spectrum spectrum,
    @Nullable Gradient gradient) {

  /**
   * The gradient of one step.
   *
   * @param norm ‖G‖_F
   * @param rank how many singular values exceed max(d_out, d_in)·2⁻⁵²·σ₁
   */
  public record Gradient(Int8Matrix matrix, double norm, int rank) {}
}
