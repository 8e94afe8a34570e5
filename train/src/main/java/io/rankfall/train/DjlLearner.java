package io.rankfall.train;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.graph.LayerGraph;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Any network trained by PyTorch's autograd through DJL. */
final class DjlLearner implements Learner {
  private final PyTorch pytorch = PyTorch.load();
  private final Architecture architecture;
  private final List<LayerGraph.Node> weighted;
  private final GraphBlock block;
  private final BlockLearner learner;

  DjlLearner(Network initial, Optimizer optimizer, Loss loss) {
    this.architecture = initial.architecture();
    this.weighted = architecture.graph().weighted();
    this.block = new GraphBlock(initial);
    Shape input =
        new Shape(architecture.inputShape().dimensions().stream().mapToLong(n -> n).toArray());
    this.learner = new BlockLearner(block, input, optimizer, loss);
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
    return pytorch.run(
        "copy",
        () -> {
          Map<String, Tensor> tensors = new LinkedHashMap<>();
          Map<String, NDArray> arrays = block.arrays();
          for (LayerGraph.Named named : architecture.graph().parameters()) {
            NDArray array = requireNonNull(arrays.get(named.name()));
            tensors.put(named.name(), Tensor.of(named.parameter().shape(), array.toFloatArray()));
          }
          return new Network(architecture, tensors);
        });
  }

  @Override
  public List<String> names() {
    return weighted.stream().map(LayerGraph.Node::name).toList();
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
          block.arrays().forEach((name, array) -> writer.row(name, array.toFloatArray()));
          learner.saveOptimizer(writer);
          return writer.state();
        });
  }

  @Override
  public void restore(LearnerState state) {
    pytorch.run(
        "restore",
        () -> {
          block
              .arrays()
              .forEach(
                  (name, array) -> {
                    HostFloats values = pytorch.floats(array);
                    int size = values.buffer().capacity();
                    values.buffer().put(0, state.tensor(nameIn(state, name), 1, size));
                    values.flush();
                  });
          learner.restoreOptimizer(state);
          return state;
        });
  }

  /** States of earlier versions have DJL's names for the parts of a batch normalisation. */
  private static String nameIn(LearnerState state, String name) {
    int end = name.lastIndexOf(".norm.");
    if (end < 0 || state.tensors().containsKey(name)) {
      return name;
    }
    return name.substring(0, end + 1)
        + switch (name.substring(end + ".norm.".length())) {
          case "weight" -> "gamma";
          case "bias" -> "beta";
          case "running_mean" -> "runningMean";
          default -> "runningVar";
        };
  }

  @Override
  public void close() {
    learner.close();
  }
}
