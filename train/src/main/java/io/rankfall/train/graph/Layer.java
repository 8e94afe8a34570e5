package io.rankfall.train.graph;

import io.rankfall.train.graph.Parameter.Role;
import java.util.List;

/**
 * What one node of a {@link LayerGraph} computes. Shapes are those of one example: an image is
 * channels, height, width; a sequence is tokens, width; anything else one number of features.
 */
public sealed interface Layer {

  /** Its arrays, in the order in which they are drawn and saved. */
  default List<Parameter> parameters() {
    return List.of();
  }

  /**
   * The shape of the output.
   *
   * @throws IllegalArgumentException saying what was expected and found, if an input does not fit
   */
  List<Integer> output(List<List<Integer>> inputs);

  /** y = W·x + b for every vector x of the last dimension. */
  record Linear(int inputs, int outputs, boolean bias) implements Layer {
    @Override
    public List<Parameter> parameters() {
      return weights(List.of(outputs, inputs), bias);
    }

    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      List<Integer> input = shapes.get(0);
      int width = input.get(input.size() - 1);
      require(
          input.size() <= 2 && width == inputs, inputs + " features or tokens x features", input);
      return input.size() == 1 ? List.of(outputs) : List.of(input.get(0), outputs);
    }
  }

  /**
   * Weight normalisation (Salimans and Kingma, arXiv 1602.07868): y = W·x + b with the rows of W
   * those of V, each scaled to the length in g.
   */
  record NormalizedLinear(int inputs, int outputs, boolean bias) implements Layer {
    @Override
    public List<Parameter> parameters() {
      Parameter v = new Parameter("weight_v", List.of(outputs, inputs), Role.WEIGHT);
      Parameter g = new Parameter("weight_g", List.of(outputs), Role.ROW_NORMS);
      Parameter b = new Parameter("bias", List.of(outputs), Role.BIAS);
      return bias ? List.of(v, g, b) : List.of(v, g);
    }

    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      return new Linear(inputs, outputs, bias).output(shapes);
    }
  }

  /**
   * A locally connected layer on an image, which comes as its numbers in a row. Squares lie beside
   * each other, row by row, and the same number of outputs sees each of them: y[s·units + j] = Σ_k
   * W[s,k,j]·x_s[k] + b[s·units + j], with x_s the channels × side × side numbers of square s.
   *
   * @param channels of the image
   * @param side of a square
   * @param units outputs that see the same square
   */
  record Local(int channels, int height, int width, int side, int units) implements Layer {
    public Local {
      if (side < 1 || height % side != 0 || width % side != 0) {
        throw new IllegalArgumentException(
            "expected squares that fill an image of %dx%d, found a side of %d"
                .formatted(height, width, side));
      }
      if (units < 1) {
        throw new IllegalArgumentException("expected at least one unit a square, found " + units);
      }
    }

    /** How many there are. */
    public int squares() {
      return (height / side) * (width / side);
    }

    /** That an output sees. */
    public int inputs() {
      return channels * side * side;
    }

    @Override
    public List<Parameter> parameters() {
      return List.of(
          new Parameter("weight", List.of(squares(), inputs(), units), Role.SQUARES),
          new Parameter("bias", List.of(squares() * units), Role.BIAS));
    }

    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      int numbers = squares() * inputs();
      require(shapes.get(0).equals(List.of(numbers)), numbers + " features", shapes.get(0));
      return List.of(squares() * units);
    }
  }

  /**
   * How a convolution goes along one axis of an image.
   *
   * @param size of the kernel, k
   * @param padding zeros before and after
   */
  record Window(int size, int stride, int padding) {
    static final Window POINT = new Window(1, 1, 0);

    int positions(int input) {
      return (input + 2 * padding - size) / stride + 1;
    }

    int smallest() {
      return size - 2 * padding;
    }
  }

  /** A two-dimensional convolution; the weights are outputs × inputs × k₁ × k₂. */
  record Convolution(int inputs, int outputs, Window vertical, Window horizontal, boolean bias)
      implements Layer {
    static Convolution square(int inputs, int outputs, Window both, boolean bias) {
      return new Convolution(inputs, outputs, both, both, bias);
    }

    @Override
    public List<Parameter> parameters() {
      return weights(List.of(outputs, inputs, vertical.size, horizontal.size), bias);
    }

    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      List<Integer> input = shapes.get(0);
      require(
          isImage(input)
              && input.get(0) == inputs
              && input.get(1) >= vertical.smallest()
              && input.get(2) >= horizontal.smallest(),
          "an image of %d channels, at least %dx%d"
              .formatted(inputs, vertical.smallest(), horizontal.smallest()),
          input);
      return List.of(outputs, vertical.positions(input.get(1)), horizontal.positions(input.get(2)));
    }
  }

  /** γ·(z − mean)/√(variance + 1e-5) + β, over batch and positions for each channel. */
  record BatchNorm(int channels) implements Layer {
    @Override
    public List<Parameter> parameters() {
      return List.of(
          new Parameter("weight", List.of(channels), Role.ONES),
          new Parameter("bias", List.of(channels), Role.ZEROS),
          Parameter.running("mean", channels, Role.ZEROS),
          Parameter.running("var", channels, Role.ONES));
    }

    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      List<Integer> input = shapes.get(0);
      require(
          (isImage(input) || input.size() == 1) && input.get(0) == channels,
          channels + " channels or features",
          input);
      return input;
    }
  }

  /** γ·(z − mean)/√(variance + 1e-5) + β, over the width of each token. */
  record LayerNorm(int width) implements Layer {
    @Override
    public List<Parameter> parameters() {
      return List.of(
          new Parameter("weight", List.of(width), Role.ONES),
          new Parameter("bias", List.of(width), Role.ZEROS));
    }

    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      return requireTokens(shapes.get(0), width);
    }
  }

  /** A function of each number. */
  enum Activation implements Layer {
    RELU,
    /** x where positive, 0.01·x elsewhere. */
    LEAKY_RELU,
    /** x·Φ(x) with the normal distribution function Φ. */
    GELU;

    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      return shapes.get(0);
    }
  }

  /** The largest of each side × side square; squares lie beside each other, a rest is left out. */
  record MaxPool(int side) implements Layer {
    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      List<Integer> input = shapes.get(0);
      require(
          isImage(input) && Math.min(input.get(1), input.get(2)) >= side,
          "an image of at least %dx%d".formatted(side, side),
          input);
      return List.of(input.get(0), input.get(1) / side, input.get(2) / side);
    }
  }

  /** The mean over an image's positions for each channel, or over a sequence's tokens. */
  record Mean() implements Layer {
    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      List<Integer> input = shapes.get(0);
      require(input.size() >= 2, "an image or a sequence", input);
      return List.of(isImage(input) ? input.get(0) : input.get(1));
    }
  }

  /** All numbers in a row. */
  record Flatten() implements Layer {
    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      return List.of(shapes.get(0).stream().reduce(1, Math::multiplyExact));
    }
  }

  /** The sum of two inputs of one shape. */
  record Add() implements Layer {
    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      List<Integer> input = shapes.get(0);
      require(shapes.get(1).equals(input), "two inputs of one shape " + input, shapes.get(1));
      return input;
    }
  }

  /** An image's positions as tokens, row by row, each as wide as there are channels. */
  record Tokens() implements Layer {
    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      List<Integer> input = shapes.get(0);
      require(isImage(input), "an image", input);
      return List.of(input.get(1) * input.get(2), input.get(0));
    }
  }

  /** The vector of each token; tokens are whole numbers from 0 to vocabulary−1. */
  record Embedding(int vocabulary, int width) implements Layer {
    @Override
    public List<Parameter> parameters() {
      return List.of(new Parameter("weight", List.of(vocabulary, width), Role.EMBEDDING));
    }

    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      List<Integer> input = shapes.get(0);
      require(input.size() == 1, "a sequence of token numbers", input);
      return List.of(input.get(0), width);
    }
  }

  /** Adds a trained vector to each token, by its position. */
  record Positions(int tokens, int width) implements Layer {
    @Override
    public List<Parameter> parameters() {
      return List.of(new Parameter("weight", List.of(tokens, width), Role.EMBEDDING));
    }

    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      List<Integer> input = shapes.get(0);
      require(input.equals(List.of(tokens, width)), tokens + " tokens of width " + width, input);
      return input;
    }
  }

  /**
   * softmax(Q·Kᵀ/√(width/heads))·V for each head, the heads' widths side by side, from inputs Q, K
   * and V.
   *
   * @param causal whether a token sees only itself and those before it
   */
  record Attention(int width, int heads, boolean causal) implements Layer {
    @Override
    public List<Integer> output(List<List<Integer>> shapes) {
      if (heads < 1 || width % heads != 0) {
        throw new IllegalArgumentException(
            "expected a width that the heads divide, found %d and %d".formatted(width, heads));
      }
      shapes.forEach(input -> requireTokens(input, width));
      return shapes.get(0);
    }
  }

  private static List<Parameter> weights(List<Integer> shape, boolean bias) {
    Parameter weight = new Parameter("weight", shape, Role.WEIGHT);
    return bias
        ? List.of(weight, new Parameter("bias", List.of(shape.get(0)), Role.BIAS))
        : List.of(weight);
  }

  private static boolean isImage(List<Integer> shape) {
    return shape.size() == 3;
  }

  private static List<Integer> requireTokens(List<Integer> input, int width) {
    require(input.size() == 2 && input.get(1) == width, "tokens of width " + width, input);
    return input;
  }

  private static void require(boolean fits, String expected, List<Integer> found) {
    if (!fits) {
      throw new IllegalArgumentException("expected %s, found %s".formatted(expected, found));
    }
  }
}
