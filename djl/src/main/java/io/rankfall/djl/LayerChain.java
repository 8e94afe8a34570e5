package io.rankfall.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.convolutional.Convolution;
import ai.djl.nn.core.Linear;
import io.rankfall.compress.Decomposition;
import io.rankfall.compress.Decomposition.Channel;
import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import io.rankfall.spectra.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The layers that replace one, in a sequence of their own. The last has the bias, so padding in the
 * middle of a chain is what it would have been.
 */
final class LayerChain {
  private static final String BIAS = "bias";

  private enum Bias {
    NONE,
    AS_REPLACED
  }

  private final Block replaced;

  private LayerChain(Block replaced) {
    this.replaced = replaced;
  }

  /**
   * A chain without weights, which are drawn when it is initialized, or loaded.
   *
   * @param layer a {@link Linear}, or a {@link Convolution} of one group
   */
  static SequentialBlock of(Block layer, Decomposition how) {
    return new SequentialBlock().addAll(new LayerChain(layer).links(how).toArray(Block[]::new));
  }

  /**
   * A chain that computes the same up to the truncation.
   *
   * @param factors the matrices of the decomposition, in the order of the chain
   */
  static SequentialBlock of(Block layer, Decomposition how, List<Matrix> factors) {
    LayerChain chain = new LayerChain(layer);
    List<Block> links = chain.links(how);
    NDArray weight = BlockWeights.weight(layer).getArray();
    for (int i = 0; i < links.size(); i++) {
      NDArray values = chain.values(links.get(i), i, how, factors.get(i), weight);
      set(BlockWeights.weight(links.get(i)), values, BlockWeights.weight(layer));
    }
    SequentialBlock sequence = new SequentialBlock().addAll(links.toArray(Block[]::new));
    Parameter bias = layer.getDirectParameters().get(BIAS);
    if (bias != null && bias.isInitialized()) {
      // A copy that is no result of the bias, which gradients would flow back to.
      try (NDArray constant = bias.getArray().stopGradient()) {
        set(
            links.get(links.size() - 1).getDirectParameters().get(BIAS),
            constant.duplicate(),
            bias);
      }
    }
    if (layer.isInitialized()) {
      sequence.initialize(weight.getManager(), weight.getDataType(), chain.input());
    }
    return sequence;
  }

  private static void set(Parameter parameter, NDArray values, Parameter replaced) {
    parameter.setArray(values);
    parameter.freeze(!replaced.requiresGradient());
  }

  private List<Block> links(Decomposition how) {
    if (!(replaced instanceof Convolution c)) {
      return List.of(linear(how.rank(), Bias.NONE), linear(units(), Bias.AS_REPLACED));
    }
    Geometry whole =
        new Geometry(c.getKernelShape(), c.getStride(), c.getPadding(), c.getDilation());
    Geometry point = whole.along();
    if (how instanceof Channel channel) {
      return List.of(
          convolution(whole, channel.rank(), Bias.NONE),
          convolution(point, c.getFilters(), Bias.AS_REPLACED));
    }
    if (how instanceof Spatial spatial) {
      return List.of(
          convolution(whole.along(0), spatial.rank(), Bias.NONE),
          convolution(whole.along(1), c.getFilters(), Bias.AS_REPLACED));
    }
    Tucker tucker = (Tucker) how;
    return List.of(
        convolution(point, tucker.inputRank(), Bias.NONE),
        convolution(whole, tucker.outputRank(), Bias.NONE),
        convolution(point, c.getFilters(), Bias.AS_REPLACED));
  }

  /** A Linear keeps its number of outputs to itself. */
  private long units() {
    Shape one = replaced.getOutputShapes(new Shape[] {new Shape(1, 1)})[0];
    return one.get(1);
  }

  private Block linear(long units, Bias bias) {
    return Linear.builder().setUnits(units).optBias(has(bias)).build();
  }

  private boolean has(Bias bias) {
    return bias == Bias.AS_REPLACED && replaced.getDirectParameters().get(BIAS) != null;
  }

  private Block convolution(Geometry g, int filters, Bias bias) {
    return switch (g.kernel.dimension()) {
      case 1 -> g.set(Conv1d.builder()).setFilters(filters).optBias(has(bias)).build();
      case 2 -> g.set(Conv2d.builder()).setFilters(filters).optBias(has(bias)).build();
      default -> g.set(Conv3d.builder()).setFilters(filters).optBias(has(bias)).build();
    };
  }

  private NDArray values(Block link, int index, Decomposition how, Matrix factor, NDArray like) {
    if (!(link instanceof Convolution c)) {
      return array(factor.toArray(), new Shape(factor.rows(), factor.cols()), like);
    }
    if (how instanceof Spatial && index == 1) {
      int width = (int) c.getKernelShape().get(1);
      return array(
          horizontal(factor, width),
          new Shape(factor.rows() / width, factor.cols(), 1, width),
          like);
    }
    long inputs = factor.cols() / c.getKernelShape().size();
    Shape shape = new Shape(factor.rows(), inputs).addAll(c.getKernelShape());
    return array(factor.toArray(), shape, like);
  }

  /** L (C_out·k₂) × r as C_out × r × 1 × k₂. */
  private static float[] horizontal(Matrix left, int width) {
    int rank = left.cols();
    float[] values = new float[Math.toIntExact(left.size())];
    for (int row = 0; row < left.rows(); row++) {
      for (int q = 0; q < rank; q++) {
        values[(row / width * rank + q) * width + row % width] = left.get(row, q);
      }
    }
    return values;
  }

  /**
   * In the engine's own memory: an array made of Java's stays there, through changes of type and
   * device to the same ones too, and is freed with the first array that is closed.
   */
  private static NDArray array(float[] values, Shape shape, NDArray like) {
    try (NDArray staged = like.getManager().create(values, shape)) {
      NDArray own = staged.duplicate();
      if (own.getDataType() == like.getDataType() && own.getDevice().equals(like.getDevice())) {
        return own;
      }
      try (own;
          NDArray typed = own.toType(like.getDataType(), true)) {
        return typed.toDevice(like.getDevice(), true);
      }
    }
  }

  /** A Linear that was loaded from a file knows its input without the last dimension only. */
  private Shape input() {
    if (replaced instanceof Linear) {
      long inputs = BlockWeights.weight(replaced).getArray().getShape().get(1);
      return replaced.describeInput().valueAt(0).add(inputs);
    }
    return replaced.getInputShapes()[0];
  }

  /** How a convolution moves over its input. */
  private record Geometry(Shape kernel, Shape stride, Shape padding, Shape dilation) {

    /** The same along the given axes; along the others a kernel of 1 that moves by 1. */
    Geometry along(int... axes) {
      return new Geometry(
          along(kernel, 1, axes),
          along(stride, 1, axes),
          along(padding, 0, axes),
          along(dilation, 1, axes));
    }

    private static Shape along(Shape all, long neutral, int... axes) {
      return new Shape(
          IntStream.range(0, all.dimension())
              .mapToLong(i -> Arrays.stream(axes).anyMatch(a -> a == i) ? all.get(i) : neutral)
              .toArray());
    }

    <T extends Convolution.ConvolutionBuilder<T>> T set(T builder) {
      return builder
          .setKernelShape(kernel)
          .optStride(stride)
          .optPadding(padding)
          .optDilation(dilation);
    }
  }
}
