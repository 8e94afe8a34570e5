package io.rankfall.train;

/**
 * Hears of a training's progress on the training thread; what it does there delays the training.
 */
public interface TrainingListener {
  /** Hears nothing. */
  TrainingListener NONE = record -> {};

  /** After each epoch, and once before the first. */
  void onEpoch(EpochRecord record);

  /**
   * After each step.
   *
   * @param step within the epoch, counted from 1
   */
  default void onStep(int epoch, int step, StepResult result) {}
}
