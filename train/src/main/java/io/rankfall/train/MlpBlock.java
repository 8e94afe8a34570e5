package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An {@link Mlp} as a DJL block: its arrays belong to the manager it was made with. */
final class MlpBlock {
  private final Mlp architecture;
  private final SequentialBlock block = new SequentialBlock();
  private final List<Layer> layers = new ArrayList<>();

  private record Layer(String name, Linear linear, ai.djl.nn.norm.@Nullable BatchNorm norm) {}

  MlpBlock(Network initial, NDManager manager) {
    this.architecture = initial.architecture();
    for (Network.Layer layer : initial.layers()) {
      if (!layers.isEmpty()) {
        block.add(Activation.reluBlock());
      }
      layers.add(add(layer, manager));
    }
    block.initialize(manager, DataType.FLOAT32, new Shape(1, architecture.inputs()));
  }

  private Layer add(Network.Layer layer, NDManager manager) {
    Matrix weight = layer.weight();
    Linear linear = Linear.builder().setUnits(weight.rows()).build();
    block.add(linear);
    set(linear, "weight", weight, new Shape(weight.rows(), weight.cols()), manager);
    set(linear, "bias", layer.bias(), manager);
    BatchNorm from = layer.batchNorm();
    if (from == null) {
      return new Layer(layer.name(), linear, null);
    }
    // DJL's momentum is the share that stays, PyTorch's and ours the share that moves.
    ai.djl.nn.norm.BatchNorm norm =
        ai.djl.nn.norm.BatchNorm.builder()
            .optEpsilon((float) BatchNorm.EPSILON)
            .optMomentum((float) (1 - BatchNorm.MOMENTUM))
            .build();
    block.add(norm);
    set(norm, "gamma", from.gamma(), manager);
    set(norm, "beta", from.beta(), manager);
    set(norm, "runningMean", from.runningMean(), manager);
    set(norm, "runningVar", from.runningVariance(), manager);
    return new Layer(layer.name(), linear, norm);
  }

  private static void set(Block block, String name, Matrix values, NDManager manager) {
    set(block, name, values, new Shape(values.size()), manager);
  }

  /**
   * The array is PyTorch's own copy: one that stays in Java's memory has a random alignment, on
   * which the order of PyTorch's sums depends.
   */
  private static void set(Block block, String name, Matrix values, Shape shape, NDManager manager) {
    try (NDArray staged = manager.create(values.toArray(), shape)) {
      parameter(block, name).setArray(staged.duplicate());
    }
  }

  private static Parameter parameter(Block block, String name) {
    return Objects.requireNonNull(block.getDirectParameters().get(name), name);
  }

  SequentialBlock block() {
    return block;
  }

  /** What SGD updates: weights, biases, γ and β. */
  List<NDArray> trained() {
    return block.getParameters().values().stream()
        .filter(Parameter::requiresGradient)
        .map(Parameter::getArray)
        .toList();
  }

  /** The running variances of batch normalisation. */
  List<NDArray> runningVariances() {
    return layers.stream()
        .flatMap(layer -> Stream.ofNullable(layer.norm))
        .map(norm -> parameter(norm, "runningVar").getArray())
        .toList();
  }

  /** A copy of the parameters. */
  Network network() {
    return new Network(architecture, layers.stream().map(MlpBlock::snapshot).toList());
  }

  private static Network.Layer snapshot(Layer layer) {
    float[] bias = values(layer.linear, "bias");
    float[] weight = values(layer.linear, "weight");
    ai.djl.nn.norm.BatchNorm norm = layer.norm;
    return new Network.Layer(
        layer.name,
        Matrix.of(bias.length, weight.length / bias.length, weight),
        row(bias),
        norm == null
            ? null
            : new BatchNorm(
                row(values(norm, "gamma")),
                row(values(norm, "beta")),
                row(values(norm, "runningMean")),
                row(values(norm, "runningVar"))));
  }

  private static float[] values(Block block, String name) {
    return parameter(block, name).getArray().toFloatArray();
  }

  private static Matrix row(float[] values) {
    return Matrix.of(1, values.length, values);
  }
}
