package io.rankfall.train;

/** Placeholder. */
final class DjlLearner implements Learner {
  DjlLearner(Network initial, Sgd sgd, int batchSize) {
    throw new UnsupportedOperationException("%s %s %d".formatted(initial, sgd, batchSize));
  }

  @Override
  public StepResult step(Batch batch, double learningRate) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Evaluation evaluate(Examples examples) {
    throw new UnsupportedOperationException();
  }

  @Override
  public float[] logits(Examples examples, int from, int count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Network network() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
