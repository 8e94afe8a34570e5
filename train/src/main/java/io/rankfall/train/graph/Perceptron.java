package io.rankfall.train.graph;

import java.util.Collections;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Multi-layer perceptrons. */
final class Perceptron {
  private Perceptron() {}

  static LayerGraph graph(Options options, List<Integer> input, int classes) {
    LayerGraph.Builder net = new LayerGraph.Builder(input);
    int x = net.add("flatten", new Layer.Flatten(), LayerGraph.INPUT);
    int width = options.count("width");
    for (int i = 1; i <= options.count("depth"); i++) {
      int before = x;
      Layer linear = linear(options, net.channels(x), width);
      x = net.add("fc" + i, linear, x);
      if (options.on("bn")) {
        x = net.add("fc" + i + ".norm", new Layer.BatchNorm(width), x);
      }
      x = net.add("act" + i, options.activation("act"), x);
      if (options.on("residual") && net.channels(before) == width) {
        x = net.add("add" + i, new Layer.Add(), x, before);
      }
    }
    net.add("fc" + (options.count("depth") + 1), linear(options, width, classes), x);
    return net.graph();
  }

  /** Without options: {@code widths} are inputs, hidden layers and outputs. */
  static LayerGraph plain(List<Integer> widths, boolean normalized) {
    return graph(widths, normalized, net -> net.linear("fc1", widths.get(1), LayerGraph.INPUT));
  }

  /** As {@link #plain}, with another first layer, of the same inputs and outputs. */
  static LayerGraph local(Layer.Local first, List<Integer> widths, boolean normalized) {
    return graph(widths, normalized, net -> net.add("fc1", first, LayerGraph.INPUT));
  }

  private static LayerGraph graph(
      List<Integer> widths, boolean normalized, ToIntFunction<LayerGraph.Builder> first) {
    LayerGraph.Builder net = new LayerGraph.Builder(List.of(widths.get(0)));
    int x = LayerGraph.INPUT;
    for (int i = 1; i < widths.size(); i++) {
      x = i == 1 ? first.applyAsInt(net) : net.linear("fc" + i, widths.get(i), x);
      if (i < widths.size() - 1) {
        if (normalized) {
          x = net.add("fc" + i + ".norm", new Layer.BatchNorm(widths.get(i)), x);
        }
        x = net.add("relu" + i, Layer.Activation.RELU, x);
      }
    }
    return net.graph();
  }

  /** The hidden widths, if {@link #plain} makes the network of these options; else null. */
  static @Nullable List<Integer> hiddenIfPlain(Options options) {
    boolean plain =
        options.on("bias")
            && !options.on("wn")
            && !options.on("residual")
            && options.activation("act") == Layer.Activation.RELU;
    return plain ? Collections.nCopies(options.count("depth"), options.count("width")) : null;
  }

  private static Layer linear(Options options, int inputs, int outputs) {
    return options.on("wn")
        ? new Layer.NormalizedLinear(inputs, outputs, options.on("bias"))
        : new Layer.Linear(inputs, outputs, options.on("bias"));
  }
}
