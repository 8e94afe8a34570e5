package io.rankfall.train;

/**
 * A network in training on one thread. All implementations pass one suite of contract tests: the
 * same initial weights and batches give the same weights to a stated tolerance, and a rerun gives
 * the same bits.
 */
public interface Learner extends AutoCloseable {

  /**
   * One step of {@link Sgd} on the mean cross-entropy of the batch.
   *
   * @param learningRate μ of this step
   * @return loss and hits of the batch before the step; the loss is NaN or infinite when the
   *     training has diverged
   */
  StepResult step(Batch batch, double learningRate);

  /** Loss and accuracy over {@code examples}, in evaluation mode. */
  Evaluation evaluate(Examples examples);

  /** The logits of {@code count} examples from {@code from} on in evaluation mode, row by row. */
  float[] logits(Examples examples, int from, int count);

  /** A copy of all parameters. */
  Network network();

  /** Frees what is held outside the heap. */
  @Override
  void close();
}
