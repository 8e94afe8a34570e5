package io.rankfall.train;

import ai.djl.ndarray.types.Shape;
import io.rankfall.spectra.Matrix;
import java.nio.FloatBuffer;
import java.util.List;

/** An MLP trained by PyTorch's autograd through DJL. */
final class DjlLearner implements Learner {
  private final PyTorch pytorch = PyTorch.load();
  private final MlpBlock mlp;
  private final BlockLearner learner;

  DjlLearner(Network initial, Optimizer optimizer, Loss loss) {
    this.mlp = new MlpBlock(initial);
    this.learner =
        new BlockLearner(mlp.block(), new Shape(initial.architecture().inputs()), optimizer, loss);
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
  public Loss loss() {
    return learner.loss();
  }

  @Override
  public Network network() {
    return pytorch.run("copy", mlp::network);
  }

  @Override
  public List<String> names() {
    return mlp.names();
  }

  @Override
  public Matrix weight(int layer) {
    return learner.weight(layer);
  }

  @Override
  public double norm(int layer) {
    return learner.norm(layer);
  }

  @Override
  public int positions(int layer) {
    return learner.positions(layer);
  }

  @Override
  public boolean knowsFactors() {
    return false;
  }

  @Override
  public void listen(GradientListener listener) {
    learner.listen(listener);
  }

  @Override
  public LearnerState state() {
    return pytorch.run(
        "copy",
        () -> {
          LearnerState.Writer writer = new LearnerState.Writer();
          mlp.arrays().forEach((name, array) -> writer.row(name, array.toFloatArray()));
          learner.saveOptimizer(writer);
          return writer.state();
        });
  }

  @Override
  public void restore(LearnerState state) {
    pytorch.run(
        "restore",
        () -> {
          mlp.arrays()
              .forEach(
                  (name, array) -> {
                    FloatBuffer memory = pytorch.memory(array);
                    memory.put(state.tensor(name, 1, memory.capacity()));
                  });
          learner.restoreOptimizer(state);
          return state;
        });
  }

  @Override
  public void close() {
    learner.close();
  }
}
