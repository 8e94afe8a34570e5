package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rankfall.compress.GraphSurgery.Replacement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * Nanoseconds of each layer and of what could replace it, measured here: the layer's node alone, in
 * alternation with its chain at a few sizes of each kind, linear in the numbers in between. Layers
 * of the same operator, attributes and dimensions are measured once.
 *
 * <p>What is not at least {@value #LEAST_GAIN} of the time faster than the dense layer is no option
 * at these prices.
 */
final class LatencyPrices {
  /** Differences below this are noise. */
  private static final double LEAST_GAIN = 0.03;

  /** Sizes of each kind that are timed, as shares of the largest smaller one. */
  private static final List<Double> PROBED = List.of(0.02, 0.08, 0.2, 0.4, 0.7, 1.0);

  private static final Duration EACH = Duration.ofMillis(40);

  /** What makes two nodes take the same time. */
  private record Kind(
      String operator, String attributes, List<Long> input, List<Long> weights, int inputs) {}

  /**
   * Times of one kind of node.
   *
   * @param byNumbers nanoseconds of each kind of decomposition by the numbers that it leaves
   */
  private record Times(double dense, Map<String, NavigableMap<Long, Double>> byNumbers) {}

  private final Compressor compressor;
  private final MacCount shapes;
  private final Map<Kind, Times> measured = new HashMap<>();

  /**
   * @param shapes of the batch that is to be fast
   */
  LatencyPrices(Compressor compressor, MacCount shapes) {
    this.compressor = compressor;
    this.shapes = shapes;
  }

  /** Times the layer if none like it was timed before. */
  Price price(Layer layer) {
    List<Times> uses = layer.nodes().stream().map(node -> times(layer, node)).toList();
    double dense = uses.stream().mapToDouble(Times::dense).sum();
    return new Price() {
      @Override
      public long dense() {
        return (long) (dense * (1 - LEAST_GAIN));
      }

      @Override
      public long of(Decomposition how, long numbers) {
        return (long) uses.stream().mapToDouble(times -> between(times, how, numbers)).sum();
      }
    };
  }

  private static double between(Times times, Decomposition how, long numbers) {
    NavigableMap<Long, Double> known = times.byNumbers.get(how.kind());
    if (known == null || known.isEmpty()) {
      return times.dense;
    }
    Map.Entry<Long, Double> below = known.floorEntry(numbers);
    Map.Entry<Long, Double> above = known.ceilingEntry(numbers);
    if (below == null || above == null) {
      return below == null ? known.firstEntry().getValue() : below.getValue();
    }
    double length = Math.max(1, above.getKey() - below.getKey());
    double t = (numbers - below.getKey()) / length;
    return (1 - t) * below.getValue() + t * above.getValue();
  }

  private Times times(Layer layer, int index) {
    NodeProto node = compressor.model().proto().getGraph().getNode(index);
    List<Long> weights = compressor.model().constant(layer.tensor()).getDimsList();
    Kind kind =
        new Kind(
            node.getOpType(),
            node.getAttributeList().toString(),
            shapes.inputShape(node),
            weights,
            node.getInputCount());
    Times known = measured.get(kind);
    if (known == null) {
      known = measure(layer, node);
      measured.put(kind, known);
    }
    return known;
  }

  private Times measure(Layer layer, NodeProto node) {
    try {
      OnnxModel alone = alone(layer, node);
      Layer own = alone.layers().get(0);
      List<Double> dense = new ArrayList<>();
      Map<String, NavigableMap<Long, Double>> byNumbers = new HashMap<>();
      try (OnnxRuntimeSession whole = OnnxRuntimeSession.of(alone)) {
        ModelInputs inputs = ExampleInputs.of(whole, 1);
        for (RankOptions.Option option : probed(compressor.optionsOfEachKind(layer))) {
          Factors factors = compressor.factors(layer, option.how());
          OnnxModel chain =
              GraphSurgery.apply(alone, List.of(new Replacement(own, factors, Map.of())));
          try (OnnxRuntimeSession factored = OnnxRuntimeSession.of(chain)) {
            LatencyComparison both = LatencyComparison.measure(whole, factored, inputs, EACH);
            dense.add((double) both.denseNanos());
            byNumbers
                .computeIfAbsent(option.how().kind(), kind -> new TreeMap<>())
                .put(option.numbers(), (double) both.candidateNanos());
          }
        }
      }
      return new Times(
          dense.stream().sorted().skip(dense.size() / 2).findFirst().orElse(0.0), byNumbers);
    } catch (ModelFormatException e) {
      throw new IllegalStateException("timed " + e.getMessage(), e);
    }
  }

  private static Set<RankOptions.Option> probed(List<List<RankOptions.Option>> kinds) {
    Set<RankOptions.Option> probed = new LinkedHashSet<>();
    for (List<RankOptions.Option> kind : kinds) {
      for (double share : PROBED) {
        if (!kind.isEmpty()) {
          probed.add(kind.get((int) Math.round(share * (kind.size() - 1))));
        }
      }
    }
    return probed;
  }

  /**
   * A model of this node, its constants and what casts or transposes its weights, with one input of
   * the dimensions it has there.
   */
  private OnnxModel alone(Layer layer, NodeProto node) throws ModelFormatException {
    OnnxModel model = compressor.model();
    ConstantPath path =
        ConstantPath.of(model.graph(), layer.tensor(), model.constant(layer.tensor()));
    NodeProto.Builder own = node.toBuilder().clearInput();
    own.addInput(node.getInput(0)).addInput(node.getInput(1));
    GraphProto.Builder graph = GraphProto.newBuilder().setName("layer");
    Set<String> constants = new LinkedHashSet<>(Set.of(layer.tensor()));
    // A bias that is computed takes next to no time.
    if (node.getInputCount() > 2 && model.graph().constants().containsKey(node.getInput(2))) {
      own.addInput(node.getInput(2));
      constants.add(node.getInput(2));
    }
    constants.forEach(name -> graph.addInitializer(model.constant(name).toBuilder().setName(name)));
    path.nodes().forEach(index -> graph.addNode(model.graph().node(index)));
    graph.addNode(own);
    graph.addInput(declared(node.getInput(0), path.type(), shapes.inputShape(node)));
    graph.addOutput(ValueInfoProto.newBuilder().setName(node.getOutput(0)));
    return OnnxModel.of(model.proto().toBuilder().setGraph(graph).build(), model.file());
  }

  private static ValueInfoProto declared(String name, DataType element, List<Long> shape) {
    TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(element.getNumber());
    shape.forEach(dim -> type.getShapeBuilder().addDimBuilder().setDimValue(dim));
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }
}
