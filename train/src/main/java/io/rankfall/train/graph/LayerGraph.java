package io.rankfall.train.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network: layers in the order in which they are computed. The last one gives the logits.
 *
 * @param input the shape of one example
 */
public record LayerGraph(List<Integer> input, List<Node> nodes) {
  /** Of a matrix: what one buffer can hold, with room to spare. */
  public static final int MOST_WEIGHTS = 1 << 28;

  /** The network's input, where a node's number is expected. */
  public static final int INPUT = -1;

  /**
   * A layer in its place.
   *
   * @param name unique in the graph
   * @param inputs numbers of earlier nodes, or {@link #INPUT}
   * @param shape of its output
   */
  public record Node(String name, Layer layer, List<Integer> inputs, List<Integer> shape) {
    public Node {
      inputs = List.copyOf(inputs);
      shape = List.copyOf(shape);
    }

    /** The name of one of its layer's parameters in the graph: {@code conv1.weight}. */
    public String parameter(Parameter own) {
      return name + "." + own.name();
    }

    /**
     * How often an example uses its weight matrix, R: output positions of a convolution, tokens of
     * a linear layer on sequences, else 1.
     */
    public int positions() {
      int outputs = layer.parameters().get(0).shape().get(0);
      return shape.stream().mapToInt(n -> n).reduce(1, Math::multiplyExact) / outputs;
    }
  }

  /** A parameter with its name in the graph. */
  public record Named(String name, Parameter parameter) {}

  public LayerGraph {
    input = List.copyOf(input);
    nodes = List.copyOf(nodes);
  }

  /** The shape of an example's logits. */
  public List<Integer> output() {
    return nodes.get(nodes.size() - 1).shape();
  }

  /** All parameters, in the order of the nodes. */
  public List<Named> parameters() {
    return nodes.stream()
        .flatMap(
            node -> node.layer().parameters().stream().map(p -> new Named(node.parameter(p), p)))
        .toList();
  }

  /** The nodes that have a weight matrix, in their order. */
  public List<Node> weighted() {
    return nodes.stream()
        .filter(
            node ->
                node.layer().parameters().stream().anyMatch(p -> p.role() == Parameter.Role.WEIGHT))
        .toList();
  }

  /** The matrices whose singular values are measured, in the order of the nodes. */
  public List<Watched> watched() {
    List<Watched> watched = new ArrayList<>();
    for (Node node : weighted()) {
      Parameter weight = node.layer().parameters().get(0);
      watched.add(new Watched(node.name(), weight.rows(), weight.cols()));
      attentionBefore(node).forEach(heads -> watched.addAll(heads.watched()));
    }
    return List.copyOf(watched);
  }

  /** The attention whose outputs {@code node} projects: one or none. */
  public List<AttentionHeads> attentionBefore(Node node) {
    int input = node.inputs().get(0);
    if (input == INPUT || !(nodes.get(input).layer() instanceof Layer.Attention attention)) {
      return List.of();
    }
    List<Node> projections = nodes.get(input).inputs().stream().map(nodes::get).toList();
    if (projections.stream().map(Node::inputs).distinct().count() > 1) {
      // Chains of smaller layers stand there; what follows is none of the factors.
      return List.of();
    }
    return List.of(
        new AttentionHeads(
            nodes.get(input).name(),
            attention.heads(),
            attention.width() / attention.heads(),
            projections.get(0),
            projections.get(1),
            projections.get(2),
            node));
  }

  /** How many numbers are trained. */
  public long trainedParameters() {
    return parameters().stream()
        .map(Named::parameter)
        .filter(Parameter::trained)
        .mapToLong(Parameter::size)
        .sum();
  }

  /** Whether a layer's outputs depend on the other examples of its batch. */
  public boolean normalizesBatches() {
    return nodes.stream().anyMatch(node -> node.layer() instanceof Layer.BatchNorm);
  }

  /**
   * The graph with layers cut; batch normalisations become as wide as what they normalise.
   *
   * @throws IllegalArgumentException naming the layer, if there is none of a cut's name, or the
   *     layers around it do not fit
   */
  public LayerGraph cut(List<Cut> cuts) {
    Map<String, Cut> byLayer = new HashMap<>();
    cuts.forEach(cut -> byLayer.put(cut.layer(), cut));
    Builder cutNetwork = new Builder(input);
    List<Integer> places = new ArrayList<>();
    for (Node node : nodes) {
      int[] from =
          node.inputs().stream().mapToInt(i -> i == INPUT ? INPUT : places.get(i)).toArray();
      Cut cut = byLayer.remove(node.name());
      if (cut != null) {
        int x = from[0];
        for (Cut.Link link : cut.chain(node.layer())) {
          x = cutNetwork.add(link.name(), link.layer(), x);
        }
        places.add(x);
      } else {
        Layer layer =
            node.layer() instanceof Layer.BatchNorm
                ? new Layer.BatchNorm(cutNetwork.channels(from[0]))
                : node.layer();
        places.add(cutNetwork.add(node.name(), layer, from));
      }
    }
    if (!byLayer.isEmpty()) {
      throw new IllegalArgumentException(
          "cuts: expected layers among %s, found %s"
              .formatted(weighted().stream().map(Node::name).toList(), byLayer.keySet()));
    }
    return cutNetwork.graph();
  }

  /** Puts a graph together node by node. Each method returns the number of the node it added. */
  static final class Builder {
    private final List<Integer> input;
    private final List<Node> nodes = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    Builder(List<Integer> input) {
      this.input = List.copyOf(input);
    }

    /**
     * Adds a layer after others.
     *
     * @throws IllegalArgumentException naming the layer, if it cannot take their outputs
     */
    int add(String name, Layer layer, int... inputs) {
      List<Integer> from = new ArrayList<>();
      List<List<Integer>> shapes = new ArrayList<>();
      for (int index : inputs) {
        from.add(index);
        shapes.add(shape(index));
      }
      if (!names.add(name)) {
        throw new IllegalStateException("layer %s: expected a new name".formatted(name));
      }
      try {
        nodes.add(new Node(name, layer, from, layer.output(shapes)));
        layer.parameters().forEach(Builder::requireSize);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("layer %s: %s".formatted(name, e.getMessage()), e);
      }
      return nodes.size() - 1;
    }

    private static void requireSize(Parameter parameter) {
      double size = parameter.shape().stream().mapToDouble(n -> n).reduce(1, (a, b) -> a * b);
      if (size > MOST_WEIGHTS) {
        throw new IllegalArgumentException(
            "expected at most %,d weights, found %s".formatted(MOST_WEIGHTS, parameter.shape()));
      }
    }

    List<Integer> shape(int node) {
      return node == INPUT ? input : nodes.get(node).shape();
    }

    /** The first dimension of a node's output: channels of an image, tokens, or features. */
    int channels(int node) {
      return shape(node).get(0);
    }

    int linear(String name, int outputs, int from) {
      List<Integer> shape = shape(from);
      return add(name, new Layer.Linear(shape.get(shape.size() - 1), outputs, true), from);
    }

    /** A convolution without bias and batch normalisation after it. */
    int normalizedConvolution(String name, int outputs, int kernel, int stride, int from) {
      return add(
          name + ".norm",
          new Layer.BatchNorm(outputs),
          add(
              name,
              Layer.Convolution.square(
                  channels(from), outputs, new Layer.Window(kernel, stride, kernel / 2), false),
              from));
    }

    LayerGraph graph() {
      return new LayerGraph(input, nodes);
    }
  }
}
