package io.rankfall.train;

import java.nio.FloatBuffer;

/** The update of one parameter of PyTorch's, with what it remembers of earlier steps. */
interface ParameterUpdate {
  /** Few enough to stay in the first-level cache between being read and being written. */
  int CHUNK = 2048;

  /**
   * One step.
   *
   * @param weights to be updated
   * @param gradients to which PyTorch has added G, and will add the next G to what is left there
   * @param learningRate μ
   * @param share of G that is left by clipping
   */
  void apply(FloatBuffer weights, FloatBuffer gradients, double learningRate, float share);

  /** What is remembered, under names that end in {@code parameter}. */
  void save(String parameter, LearnerState.Writer to);

  /**
   * Undoes {@link #save} before the first step.
   *
   * @param size of the parameter
   */
  void restore(String parameter, int size, LearnerState from);
}
