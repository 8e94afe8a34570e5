package io.rankfall.train.graph;

import java.util.List;

/**
 * Simonyan and Zisserman's networks (arXiv 1409.1556) as they are commonly trained on small images:
 * 3×3 convolutions with bias, batch normalisation, and one linear layer.
 */
final class Vgg {
  private static final Layer.Window WINDOW = new Layer.Window(3, 1, 1);

  private Vgg() {}

  /** {@code plan} lists the convolutions' outputs, and P where a pooling halves the image. */
  static LayerGraph graph(String plan, List<Integer> input, int classes) {
    LayerGraph.Builder net = new LayerGraph.Builder(input);
    int x = LayerGraph.INPUT;
    int convolutions = 0;
    int pools = 0;
    for (String step : plan.split(" ", -1)) {
      if (step.equals("P")) {
        x = net.add("pool" + ++pools, new Layer.MaxPool(2), x);
      } else {
        String name = "conv" + ++convolutions;
        int width = Integer.parseInt(step);
        x = net.add(name, Layer.Convolution.square(net.channels(x), width, WINDOW, true), x);
        x = net.add(name + ".norm", new Layer.BatchNorm(width), x);
        x = net.add("relu" + convolutions, Layer.Activation.RELU, x);
      }
    }
    net.linear("fc", classes, net.add("flatten", new Layer.Flatten(), x));
    return net.graph();
  }
}
