package io.rankfall.train.graph;

import io.rankfall.train.graph.Layer.Activation;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The networks that have a name. */
public enum Family {
  MLP(
      "linear layers and ReLU; bn or wn (weight norm) before it, residual where widths are equal",
      options(
          "depth",
          "3",
          "width",
          "512",
          "bn",
          "false",
          "wn",
          "false",
          "residual",
          "false",
          "act",
          "relu",
          "bias",
          "true")) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return Perceptron.graph(options, input, classes);
    }
  },
  LENET300("LeNet-300-100 (LeCun et al. 1998): linear layers of 300 and 100", options()) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return Perceptron.plain(List.of(numbers(input), 300, 100, classes), false);
    }
  },
  LENET5(
      "LeNet-5 in Caffe's sizes: 5x5 convolutions of 20 and 50, a linear layer of 500", options()) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      LayerGraph.Builder net = new LayerGraph.Builder(input);
      int x = LayerGraph.INPUT;
      for (int i = 1; i <= 2; i++) {
        Layer convolution =
            Layer.Convolution.square(
                net.channels(x), i == 1 ? 20 : 50, new Layer.Window(5, 1, 0), true);
        x = net.add("relu" + i, Activation.RELU, net.add("conv" + i, convolution, x));
        x = net.add("pool" + i, new Layer.MaxPool(2), x);
      }
      x = net.add("flatten", new Layer.Flatten(), x);
      x = net.add("relu3", Activation.RELU, net.linear("fc1", 500, x));
      net.linear("fc2", classes, x);
      return net.graph();
    }
  },
  CONVNET(
      "the paper's CONV-depth-width: two 2x2 convolutions of stride 2, then 3x3, each with batch norm",
      options("depth", "5", "width", "100")) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      LayerGraph.Builder net = new LayerGraph.Builder(input);
      int x = LayerGraph.INPUT;
      for (int i = 1; i <= options.count("depth"); i++) {
        int width = options.count("width");
        int channels = net.channels(x);
        Layer.Window window = i <= 2 ? new Layer.Window(2, 2, 0) : new Layer.Window(3, 1, 1);
        x = net.add("conv" + i, Layer.Convolution.square(channels, width, window, false), x);
        x = net.add("conv" + i + ".norm", new Layer.BatchNorm(width), x);
        x = net.add("relu" + i, Activation.RELU, x);
      }
      net.linear("fc", classes, net.add("flatten", new Layer.Flatten(), x));
      return net.graph();
    }
  },
  VGG11("VGG-11 with batch norm for 32x32 images and one linear layer", options()) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return Vgg.graph("64 P 128 P 256 256 P 512 512 P 512 512 P", input, classes);
    }
  },
  VGG16("VGG-16 with batch norm for 32x32 images and one linear layer", options()) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return Vgg.graph(
          "64 64 P 128 128 P 256 256 256 P 512 512 512 P 512 512 512 P", input, classes);
    }
  },
  RESNET8("ResNet-8 of He et al. for small images: 16, 32, 64 channels", options()) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return ResNet.graph(16, List.of(1, 1, 1), ResNet.Kind.BASIC, input, classes);
    }
  },
  RESNET18("ResNet-18 for small images: 3x3 first convolution, no pooling after it", options()) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return ResNet.graph(64, List.of(2, 2, 2, 2), ResNet.Kind.BASIC, input, classes);
    }
  },
  RESNET20("ResNet-20 of He et al. for small images: 16, 32, 64 channels", options()) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return ResNet.graph(16, List.of(3, 3, 3), ResNet.Kind.BASIC, input, classes);
    }
  },
  RESNET50("ResNet-50 for small images, of bottleneck blocks", options()) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return ResNet.graph(64, List.of(3, 4, 6, 3), ResNet.Kind.BOTTLENECK, input, classes);
    }
  },
  VIT(
      "a Vision Transformer: patches as tokens, learned positions, mean over tokens",
      options("patch", "4", "depth", "6", "width", "96", "heads", "4")) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return Transformer.vision(options, input, classes);
    }
  },
  GPT(
      "a causal transformer that predicts the next character",
      options("depth", "4", "width", "96", "heads", "4")) {
    @Override
    LayerGraph build(Options options, List<Integer> input, int classes) {
      return Transformer.text(options, input, classes);
    }
  };

  private final String description;

  /** Unmodifiable, with the order of its entries. */
  @SuppressWarnings("ImmutableEnumChecker")
  private final Map<String, String> defaults;

  Family(String description, Map<String, String> defaults) {
    this.description = description;
    this.defaults = defaults;
  }

  abstract LayerGraph build(Options options, List<Integer> input, int classes);

  /** What it is called: {@code resnet18}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** One line for a list. */
  public String description() {
    return description;
  }

  /** The options and their defaults, in their order. */
  public Map<String, String> defaults() {
    return defaults;
  }

  /** All names, in alphabetical order of their families. */
  public static List<String> ids() {
    return Arrays.stream(values()).map(Family::id).toList();
  }

  /** For example {@code vit:patch=4,depth=6,width=96,heads=4}, with all defaults. */
  public String usage() {
    return defaults.isEmpty()
        ? id()
        : id()
            + ":"
            + defaults.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining(","));
  }

  private static int numbers(List<Integer> input) {
    return input.stream().reduce(1, Math::multiplyExact);
  }

  private static Map<String, String> options(String... namesAndValues) {
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      options.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return Collections.unmodifiableMap(options);
  }
}
