package io.rankfall.train;

import ai.djl.ndarray.types.Shape;

/** An MLP trained by PyTorch's autograd through DJL. */
final class DjlLearner implements Learner {
  private final PyTorch pytorch = PyTorch.load();
  private final MlpBlock mlp;
  private final BlockLearner learner;

  DjlLearner(Network initial, Sgd sgd) {
    this.mlp = new MlpBlock(initial);
    this.learner = new BlockLearner(mlp.block(), new Shape(initial.architecture().inputs()), sgd);
  }

  @Override
  public StepResult step(Batch batch, double learningRate) {
    return learner.step(batch, learningRate);
  }

  @Override
  public float[] logits(Batch batch) {
    return learner.logits(batch);
  }

  @Override
  public Network network() {
    return pytorch.run("copy", mlp::network);
  }

  @Override
  public void close() {
    learner.close();
  }
}
