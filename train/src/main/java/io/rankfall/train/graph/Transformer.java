package io.rankfall.train.graph;

import java.util.List;

/**
 * Transformers with normalisation before each part (Xiong et al., arXiv 2002.04745): x ← x +
 * O·attention(Q·n, K·n, V·n) with n = norm(x), then x ← x + fc2·gelu(fc1·norm(x)) with four times
 * the width between.
 */
final class Transformer {
  private static final int EXPANSION = 4;

  private Transformer() {}

  /** Dosovitskiy et al., arXiv 2010.11929, with the mean over tokens instead of a class token. */
  static LayerGraph vision(Options options, List<Integer> input, int classes) {
    LayerGraph.Builder net = new LayerGraph.Builder(input);
    int width = options.count("width");
    int patch = options.count("patch");
    Layer patches =
        Layer.Convolution.square(
            net.channels(LayerGraph.INPUT), width, new Layer.Window(patch, patch, 0), true);
    int x = net.add("patches", patches, LayerGraph.INPUT);
    x = net.add("tokens", new Layer.Tokens(), x);
    x = net.add("positions", new Layer.Positions(net.channels(x), width), x);
    x = blocks(net, options, false, x);
    net.linear("head", classes, net.add("mean", new Layer.Mean(), x));
    return net.graph();
  }

  /** As GPT-2 (Radford et al. 2019), with an output layer of its own; classes are tokens. */
  static LayerGraph text(Options options, List<Integer> input, int vocabulary) {
    LayerGraph.Builder net = new LayerGraph.Builder(input);
    int width = options.count("width");
    int x = net.add("flatten", new Layer.Flatten(), LayerGraph.INPUT);
    x = net.add("embedding", new Layer.Embedding(vocabulary, width), x);
    x = net.add("positions", new Layer.Positions(net.channels(x), width), x);
    x = blocks(net, options, true, x);
    net.linear("head", vocabulary, x);
    return net.graph();
  }

  private static int blocks(LayerGraph.Builder net, Options options, boolean causal, int x) {
    int width = options.count("width");
    Layer attention = new Layer.Attention(width, options.count("heads"), causal);
    for (int b = 1; b <= options.count("depth"); b++) {
      String name = "block" + b;
      int n = net.add(name + ".norm1", new Layer.LayerNorm(width), x);
      int attended =
          net.add(
              name + ".attention",
              attention,
              net.linear(name + ".query", width, n),
              net.linear(name + ".key", width, n),
              net.linear(name + ".value", width, n));
      x =
          net.add(
              name + ".add1", new Layer.Add(), net.linear(name + ".output", width, attended), x);
      int hidden =
          net.linear(
              name + ".fc1",
              EXPANSION * width,
              net.add(name + ".norm2", new Layer.LayerNorm(width), x));
      hidden = net.add(name + ".gelu", Layer.Activation.GELU, hidden);
      x = net.add(name + ".add2", new Layer.Add(), net.linear(name + ".fc2", width, hidden), x);
    }
    return net.add("norm", new Layer.LayerNorm(width), x);
  }
}
