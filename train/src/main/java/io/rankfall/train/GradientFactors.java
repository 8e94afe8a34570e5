package io.rankfall.train;

/** Δ (rows × outputs) and X (rows × inputs) of a gradient ΔᵀX, where the learner has them. */
public interface GradientFactors {
  /** b: the examples of the batch. */
  int rows();

  /** Copies the loss's gradient by the outputs of one example to {@code to}, from {@code at} on. */
  void copyDelta(int row, float[] to, int at);

  /** Copies the inputs of one example to {@code to}, from {@code at} on. */
  void copyInputs(int row, float[] to, int at);
}
