package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An {@link Mlp} as a DJL block, whose initializers give it the values of a {@link Network}. */
final class MlpBlock {
  private final Mlp architecture;
  private final SequentialBlock block = new SequentialBlock();
  private final List<Layer> layers = new ArrayList<>();

  private record Layer(String name, Linear linear, ai.djl.nn.norm.@Nullable BatchNorm norm) {}

  MlpBlock(Network initial) {
    this.architecture = initial.architecture();
    for (Network.Layer layer : initial.layers()) {
      if (!layers.isEmpty()) {
        block.add(Activation.reluBlock());
      }
      layers.add(add(layer));
    }
  }

  private Layer add(Network.Layer layer) {
    Matrix weight = layer.weight();
    Linear linear = Linear.builder().setUnits(weight.rows()).build();
    block.add(linear);
    set(linear, "weight", weight);
    set(linear, "bias", layer.bias());
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
    set(norm, "gamma", from.gamma());
    set(norm, "beta", from.beta());
    set(norm, "runningMean", from.runningMean());
    set(norm, "runningVar", from.runningVariance());
    return new Layer(layer.name(), linear, norm);
  }

  private static void set(Block block, String name, Matrix values) {
    parameter(block, name)
        .setInitializer((manager, shape, type) -> PyTorch.copy(values.toArray(), shape, manager));
  }

  private static Parameter parameter(Block block, String name) {
    return Objects.requireNonNull(block.getDirectParameters().get(name), name);
  }

  /** The layers' names. */
  List<String> names() {
    return layers.stream().map(Layer::name).toList();
  }

  SequentialBlock block() {
    return block;
  }

  /** All arrays by name, trained or not, in the order of the layers. */
  Map<String, NDArray> arrays() {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (Layer layer : layers) {
      arrays.put(layer.name + ".weight", parameter(layer.linear, "weight").getArray());
      arrays.put(layer.name + ".bias", parameter(layer.linear, "bias").getArray());
      if (layer.norm != null) {
        for (String part : List.of("gamma", "beta", "runningMean", "runningVar")) {
          arrays.put(layer.name + "." + part, parameter(layer.norm, part).getArray());
        }
      }
    }
    return arrays;
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
