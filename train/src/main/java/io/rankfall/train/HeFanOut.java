package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import java.util.SplittableRandom;

/**
 * Initial weights of networks with convolutions, as torchvision's {@code ResNet} draws them.
 *
 * <ul>
 *   <li>Convolutions, C_out × C_in × k × k: normal with deviation √(2/(C_out·k²)), He et al., arXiv
 *       1502.01852, equation 14.
 *   <li>Linear layers, outputs × inputs: uniform in ±1/√inputs, PyTorch's default.
 * </ul>
 *
 * Weights are drawn from one stream of the seed, in the order in which DJL asks for them: the order
 * of the block's children.
 */
final class HeFanOut implements Initializer {
  private final SplittableRandom random;

  HeFanOut(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /**
   * @throws IllegalArgumentException if the weights have neither two dimensions nor four
   */
  @Override
  public NDArray initialize(NDManager manager, Shape shape, DataType type) {
    float[] values = new float[Math.toIntExact(shape.size())];
    switch (shape.dimension()) {
      case 2 -> uniform(values, Math.sqrt(1.0 / shape.get(1)));
      case 4 -> normal(values, Math.sqrt(2.0 / (shape.get(0) * shape.slice(2).size())));
      default ->
          throw new IllegalArgumentException(
              "weights: expected 2 or 4 dimensions, found shape " + shape);
    }
    return PyTorch.copy(values, shape, manager);
  }

  private void uniform(float[] values, double bound) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
  }

  private void normal(float[] values, double deviation) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
  }
}
