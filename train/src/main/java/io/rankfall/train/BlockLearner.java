package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import io.rankfall.djl.BlockWeights;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.WeightMatrix;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Any DJL {@link Block} from one input to logits, trained by PyTorch's autograd: {@link Optimizer}
 * on the mean {@link Loss}, on one thread. A rerun gives the same bits.
 *
 * <p>Any number of these may be in use in a process, on any threads: {@link PyTorch} runs their
 * work one after another. A step fails while other code of the process has a DJL gradient collector
 * open.
 */
public final class BlockLearner implements Classifier, TrainedLayers {
  private final PyTorch pytorch = PyTorch.load();
  private final NDManager manager = pytorch.newManager();
  private final Block block;
  private final Shape input;
  private final Loss loss;
  private final ParameterStore parameters = new ParameterStore(manager, false);
  private final OptimizerUpdate update;
  private final SingleValueVariances variancesOfOneValue;

  private final AlignedFloats inputs = new AlignedFloats();
  private final AlignedFloats gradients = new AlignedFloats();
  private float[] staged = {};
  private GradientListener listener = GradientListener.NONE;

  /**
   * Parameters without values are drawn by their initializers, whose arrays {@link #close} frees;
   * arrays that are there already are trained in place and stay their owner's. DJL's own
   * initializers draw from the engine's generator, which {@code Engine.setRandomSeed} seeds.
   *
   * @param block to train; nobody else may use it until this is closed
   * @param input the shape of one example, for example 3 × 32 × 32
   * @param optimizer of all parameters that are not frozen
   * @throws IllegalArgumentException naming the parameter, if one is not in single precision
   * @throws IllegalStateException in one line, if PyTorch is missing or the block does not take
   *     such inputs
   */
  public BlockLearner(Block block, Shape input, Optimizer optimizer, Loss loss) {
    this.block = block;
    this.loss = loss;
    this.input = input;
    try {
      this.update = new OptimizerUpdate(pytorch, pytorch.run("start", this::trained), optimizer);
      this.variancesOfOneValue = new SingleValueVariances(block);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** Minimises the cross-entropy. */
  public BlockLearner(Block block, Shape input, Optimizer optimizer) {
    this(block, input, optimizer, Loss.CROSS_ENTROPY);
  }

  private List<NDArray> trained() {
    if (input.dimension() > 1) {
      pytorch.keepFreedMemory();
    }
    block.initialize(manager, DataType.FLOAT32, batchOf(1));
    return block.getParameters().stream()
        .filter(parameter -> parameter.getValue().requiresGradient())
        .map(BlockLearner::singlePrecision)
        .toList();
  }

  private static NDArray singlePrecision(Pair<String, Parameter> parameter) {
    NDArray array = parameter.getValue().getArray();
    if (array.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "parameter %s: expected float32, found %s"
              .formatted(parameter.getKey(), array.getDataType()));
    }
    return array;
  }

  /**
   * One step of {@link Optimizer} on the mean {@link Loss} of the batch.
   *
   * @param learningRate μ of this step
   * @return loss and hits of the batch before the step; the loss is NaN or infinite when the
   *     training has diverged
   * @throws IllegalArgumentException if the batch does not fit the block
   */
  public StepResult step(Batch batch, double learningRate) {
    return pytorch.run(
        "step",
        () -> {
          try (NDManager scope = manager.newSubManager()) {
            StepResult result =
                listener == GradientListener.NONE ? backward(batch, scope) : heard(batch, scope);
            update.apply(learningRate);
            return result;
          }
        });
  }

  private StepResult backward(Batch batch, NDManager scope) {
    NDArray x = inputs(batch, scope);
    if (batch.size() > 1 || variancesOfOneValue.isEmpty()) {
      return backward(batch, x, scope);
    }
    // PyTorch refuses to normalise a single value. Twice the same example has the same mean, loss
    // and gradients.
    variancesOfOneValue.save();
    StepResult result = backward(batch, x.concat(x), scope);
    variancesOfOneValue.restore();
    return result;
  }

  /** Adds to the gradients; {@code x} is the batch once or more. */
  private StepResult backward(Batch batch, NDArray x, NDManager scope) {
    int examples = Math.toIntExact(x.getShape().get(0));
    int rows = Math.multiplyExact(examples, batch.targets());
    double[] sum = new double[1];
    int[] correct = new int[1];
    pytorch.backward(
        () -> forward(x, Mode.TRAINING),
        output -> {
          float[] logits = logits(output, examples, batch);
          int classes = batch.classes();
          for (int i = 0; i < rows; i++) {
            int row = i % batch.rows();
            int offset = i * classes;
            correct[0] += Softmax.argmax(logits, offset, classes) == batch.labelOfRow(row) ? 1 : 0;
            sum[0] += batch.gradient(loss, row, logits, offset, 1.0 / rows);
          }
          return gradients.array(logits, output.getShape(), scope);
        });
    return new StepResult(sum[0] / rows, correct[0] * batch.size() / examples);
  }

  private enum Mode {
    TRAINING,
    EVALUATION
  }

  private NDArray forward(NDArray x, Mode mode) {
    return block.forward(parameters, new NDList(x), mode == Mode.TRAINING).singletonOrThrow();
  }

  private Shape batchOf(int rows) {
    return new Shape(rows).addAll(input);
  }

  private NDArray inputs(Batch batch, NDManager scope) {
    if (batch.features() != input.size()) {
      throw new IllegalArgumentException(
          "batch: expected examples of %s = %d numbers, found %d"
              .formatted(input, input.size(), batch.features()));
    }
    int count = Math.multiplyExact(batch.size(), batch.features());
    if (staged.length < count) {
      staged = new float[count];
    }
    batch.copyInputs(staged);
    return inputs.array(staged, batchOf(batch.size()), scope);
  }

  @Override
  public Loss loss() {
    return loss;
  }

  private static float[] logits(NDArray output, int examples, Batch batch) {
    Shape expected =
        batch.targets() == 1
            ? new Shape(examples, batch.classes())
            : new Shape(examples, batch.targets(), batch.classes());
    if (!output.getShape().equals(expected)) {
      throw new IllegalArgumentException(
          "logits: expected shape %s, found %s".formatted(expected, output.getShape()));
    }
    return output.toFloatArray();
  }

  @Override
  public float[] logits(Batch batch) {
    return pytorch.run(
        "evaluation",
        () -> {
          try (NDManager scope = manager.newSubManager()) {
            NDArray output = forward(inputs(batch, scope), Mode.EVALUATION);
            return logits(output, batch.size(), batch);
          }
        });
  }

  /**
   * As {@link #backward(Batch, NDManager)}, with the listener told of G before it is added to what
   * PyTorch has summed, momentum·v: the sum is rounded as PyTorch's.
   */
  private StepResult heard(Batch batch, NDManager scope) {
    List<BlockWeights.Layer> layers = BlockWeights.layers(block);
    List<float[]> summed = layers.stream().map(this::takeSum).toList();
    StepResult result = backward(batch, scope);
    for (int l = 0; l < layers.size(); l++) {
      BlockWeights.Layer layer = layers.get(l);
      HostFloats held = pytorch.gradients(layer.weights());
      if (held != null) {
        FloatBuffer memory = held.buffer();
        float[] gradient = new float[memory.capacity()];
        memory.get(0, gradient);
        listener.onGradient(l, () -> layer.matrix(gradient));
        float[] earlier = summed.get(l);
        for (int i = 0; i < earlier.length; i++) {
          memory.put(i, earlier[i] + gradient[i]);
        }
        held.flush();
      }
    }
    return result;
  }

  /** What PyTorch has summed for a layer, replaced by zeros; nothing before its first gradient. */
  private float[] takeSum(BlockWeights.Layer layer) {
    HostFloats held = pytorch.gradients(layer.weights());
    if (held == null) {
      return new float[0];
    }
    FloatBuffer memory = held.buffer();
    float[] values = new float[memory.capacity()];
    memory.get(0, values);
    memory.put(0, new float[values.length]);
    held.flush();
    return values;
  }

  private BlockWeights.Layer layer(int index) {
    return BlockWeights.layers(block).get(index);
  }

  @Override
  public List<String> names() {
    return pytorch.run(
        "look", () -> BlockWeights.layers(block).stream().map(BlockWeights.Layer::name).toList());
  }

  @Override
  public Matrix weight(int layer) {
    return pytorch.run("copy", () -> layer(layer).matrix());
  }

  @Override
  public double norm(int layer) {
    return weight(layer).frobeniusNorm();
  }

  @Override
  public int positions(int layer) {
    return pytorch.run("look", () -> layer(layer).positions());
  }

  @Override
  public boolean knowsFactors() {
    return false;
  }

  @Override
  public void listen(GradientListener listener) {
    this.listener = listener;
  }

  /** Copies of the block's weight matrices, as {@link BlockWeights} lists them. */
  public List<WeightMatrix> weightMatrices() {
    return pytorch.run("copy", () -> BlockWeights.of(block));
  }

  /** What the optimizer remembers of every parameter; within {@link PyTorch#run}. */
  void saveOptimizer(LearnerState.Writer to) {
    update.save(to);
  }

  /** Undoes {@link #saveOptimizer} before the first step; within {@link PyTorch#run}. */
  void restoreOptimizer(LearnerState from) {
    update.restore(from);
  }

  /** Frees what is held outside the heap, the parameters that this has drawn included. */
  @Override
  public void close() {
    manager.close();
  }
}
