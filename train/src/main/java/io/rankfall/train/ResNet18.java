package io.rankfall.train;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import org.jspecify.annotations.Nullable;

/**
 * ResNet-18 (He et al., arXiv 1512.03385) as it is commonly trained on small images such as those
 * of CIFAR-10: the first convolution is 3×3 with stride 1, and no pooling follows it.
 *
 * <p>For 3 × 32 × 32 inputs:
 *
 * <table>
 *   <caption>Layers</caption>
 *   <tr><th>layers</th><th>output</th></tr>
 *   <tr><td>3×3 convolution, batch normalisation, ReLU</td><td>64 × 32 × 32</td></tr>
 *   <tr><td>two basic blocks</td><td>64 × 32 × 32</td></tr>
 *   <tr><td>two basic blocks, the first with stride 2</td><td>128 × 16 × 16</td></tr>
 *   <tr><td>two basic blocks, the first with stride 2</td><td>256 × 8 × 8</td></tr>
 *   <tr><td>two basic blocks, the first with stride 2</td><td>512 × 4 × 4</td></tr>
 *   <tr><td>mean over each channel</td><td>512</td></tr>
 *   <tr><td>linear layer with bias</td><td>classes</td></tr>
 * </table>
 *
 * A basic block is relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)) with 3×3 convolutions
 * without bias; the shortcut is x, or a 1×1 convolution and batch normalisation where the shape
 * changes. Batch normalisation has PyTorch's ε = 1e-5 and momentum 0.1.
 */
public final class ResNet18 {
  private static final int STAGES = 4;
  private static final int FIRST_WIDTH = 64;

  private ResNet18() {}

  /**
   * A block without values yet. Its initializer gives convolutions normal weights with deviation
   * √(2/(C_out·k²)) and the linear layer weights uniform in ±1/√512, as torchvision's, from {@code
   * seed}; biases and β are 0, γ is 1.
   *
   * @param classes logits an example, at least 1
   */
  public static Block block(int classes, long seed) {
    SequentialBlock net = new SequentialBlock();
    convolution(net, FIRST_WIDTH, 3, 1);
    net.add(Activation.reluBlock());
    int width = FIRST_WIDTH;
    basic(net, width, 1, null);
    basic(net, width, 1, null);
    for (int stage = 1; stage < STAGES; stage++) {
      width *= 2;
      basic(net, width, 2, convolution(new SequentialBlock(), width, 1, 2));
      basic(net, width, 1, null);
    }
    net.add(Pool.globalAvgPool2dBlock()).add(Linear.builder().setUnits(classes).build());
    net.setInitializer(new HeFanOut(seed), Parameter.Type.WEIGHT);
    return net;
  }

  private static void basic(
      SequentialBlock net, int channels, int stride, @Nullable Block shortcut) {
    SequentialBlock body = convolution(new SequentialBlock(), channels, 3, stride);
    body.add(Activation.reluBlock());
    net.add(new ResidualBlock(convolution(body, channels, 3, 1), shortcut));
  }

  /** Adds a convolution that keeps the size but for its stride, and batch normalisation. */
  private static SequentialBlock convolution(
      SequentialBlock to, int channels, int kernel, int stride) {
    return to.add(
            Conv2d.builder()
                .setFilters(channels)
                .setKernelShape(new Shape(kernel, kernel))
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(kernel / 2, kernel / 2))
                .optBias(false)
                .build())
        // DJL's momentum is the share that stays, PyTorch's the share that moves.
        .add(BatchNorm.builder().optEpsilon(1e-5f).optMomentum(0.9f).build());
  }
}
