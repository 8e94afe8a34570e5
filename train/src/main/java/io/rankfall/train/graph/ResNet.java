package io.rankfall.train.graph;

import java.util.List;

/**
 * Residual networks (He et al., arXiv 1512.03385) as they are commonly trained on small images: the
 * first convolution is 3×3 with stride 1, and no pooling follows it.
 *
 * <p>A block is relu(body(x) + shortcut(x)). The body is two 3×3 convolutions, or 1×1, 3×3 and 1×1
 * with four times as many outputs; all are without bias and with batch normalisation. The shortcut
 * is x, or a 1×1 convolution and batch normalisation where the shape changes. Channels double and
 * sides halve from stage to stage; the mean over positions goes to a linear layer.
 */
final class ResNet {
  private ResNet() {}

  enum Kind {
    BASIC,
    BOTTLENECK
  }

  /**
   * @param width channels of the first stage
   * @param stages how many blocks each has
   */
  static LayerGraph graph(
      int width, List<Integer> stages, Kind kind, List<Integer> input, int classes) {
    LayerGraph.Builder net = new LayerGraph.Builder(input);
    int x = net.normalizedConvolution("conv1", width, 3, 1, LayerGraph.INPUT);
    x = net.add("conv1.relu", Layer.Activation.RELU, x);
    for (int stage = 1; stage <= stages.size(); stage++) {
      for (int block = 1; block <= stages.get(stage - 1); block++) {
        int stride = stage > 1 && block == 1 ? 2 : 1;
        x = block(net, "stage%d.block%d".formatted(stage, block), width, stride, kind, x);
      }
      width *= 2;
    }
    net.linear("fc", classes, net.add("mean", new Layer.Mean(), x));
    return net.graph();
  }

  private static int block(
      LayerGraph.Builder net, String name, int width, int stride, Kind kind, int x) {
    int body;
    if (kind == Kind.BASIC) {
      body = net.normalizedConvolution(name + ".conv1", width, 3, stride, x);
      body = net.add(name + ".relu1", Layer.Activation.RELU, body);
      body = net.normalizedConvolution(name + ".conv2", width, 3, 1, body);
    } else {
      body = net.normalizedConvolution(name + ".conv1", width, 1, 1, x);
      body = net.add(name + ".relu1", Layer.Activation.RELU, body);
      body = net.normalizedConvolution(name + ".conv2", width, 3, stride, body);
      body = net.add(name + ".relu2", Layer.Activation.RELU, body);
      body = net.normalizedConvolution(name + ".conv3", 4 * width, 1, 1, body);
    }
    int shortcut =
        net.shape(x).equals(net.shape(body))
            ? x
            : net.normalizedConvolution(name + ".shortcut", net.channels(body), 1, stride, x);
    int sum = net.add(name + ".add", new Layer.Add(), body, shortcut);
    return net.add(name + ".relu", Layer.Activation.RELU, sum);
  }
}
