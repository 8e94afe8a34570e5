package io.rankfall.train;

/**
 * An MLP in training on one thread. All implementations pass one suite of contract tests: the same
 * initial weights and batches give the same weights to a stated tolerance, and a rerun gives the
 * same bits.
 */
public interface Learner extends Classifier, TrainedLayers {
  /**
   * One step of {@link Optimizer} on the mean {@link Loss} of the batch.
   *
   * @param learningRate μ of this step
   * @return loss and hits of the batch before the step; the loss is NaN or infinite when the
   *     training has diverged
   */
  StepResult step(Batch batch, double learningRate);

  /** A copy of all parameters. */
  Network network();

  /** A copy of all that decides how the training goes on. */
  LearnerState state();

  /**
   * Goes on as the learner did that gave {@code state}, to the bit. Must be called before the first
   * step.
   *
   * @param state of a learner of the same kind, started with the same architecture, {@link
   *     Optimizer} and batch size
   * @throws IllegalArgumentException in one line, if a part is missing or has another shape
   */
  void restore(LearnerState state);
}
