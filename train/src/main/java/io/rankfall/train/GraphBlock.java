package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.rankfall.train.graph.Layer;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.LayerGraph.Node;
import io.rankfall.train.graph.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LayerGraph} as a DJL block from a batch of examples to logits. Layers with parameters
 * are children, named after their nodes.
 */
final class GraphBlock extends AbstractBlock {
  private final LayerGraph graph;
  private final Map<Node, ParametrizedBlock> parametrized = new LinkedHashMap<>();

  /** A block whose initializers give it the values of {@code initial}. */
  GraphBlock(Network initial) {
    this.graph = initial.architecture().graph();
    for (Node node : graph.nodes()) {
      if (!node.layer().parameters().isEmpty()) {
        ParametrizedBlock made = ParametrizedBlock.of(node.layer());
        addChildBlock(node.name(), made.block());
        for (Parameter parameter : node.layer().parameters()) {
          float[] values = initial.tensor(node.parameter(parameter)).toArray();
          made.parameter(parameter)
              .setInitializer((manager, shape, type) -> PyTorch.copy(values, shape, manager));
        }
        parametrized.put(node, made);
      }
    }
  }

  /** All arrays by the graph's names, trained or not. */
  Map<String, NDArray> arrays() {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    parametrized.forEach(
        (node, block) -> {
          for (Parameter parameter : node.layer().parameters()) {
            arrays.put(node.parameter(parameter), block.parameter(parameter).getArray());
          }
        });
    return arrays;
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      @Nullable PairList<String, Object> options) {
    List<Node> nodes = graph.nodes();
    NDArray[] values = new NDArray[nodes.size()];
    for (int i = 0; i < values.length; i++) {
      Node node = nodes.get(i);
      NDList from = new NDList();
      for (int input : node.inputs()) {
        from.add(input == LayerGraph.INPUT ? inputs.get(0) : values[input]);
      }
      ParametrizedBlock own = parametrized.get(node);
      values[i] =
          own == null
              ? LayerOperations.apply(node.layer(), from)
              : own.block().forward(parameters, from, training).get(0);
    }
    return new NDList(values[values.length - 1]);
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
    long batch = inputs[0].get(0);
    parametrized.forEach(
        (node, block) -> block.block().initialize(manager, type, batchOf(batch, inputShape(node))));
  }

  private List<Integer> inputShape(Node node) {
    int input = node.inputs().get(0);
    return input == LayerGraph.INPUT ? graph.input() : graph.nodes().get(input).shape();
  }

  private static Shape batchOf(long batch, List<Integer> example) {
    return new Shape(batch).addAll(new Shape(example.stream().mapToLong(n -> n).toArray()));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    Node last = graph.nodes().get(graph.nodes().size() - 1);
    return new Shape[] {batchOf(inputs[0].get(0), last.shape())};
  }

  /** Any of the layers that have parameters, with its block. */
  record ParametrizedBlock(Block block, Map<String, String> names) {

    private static final Map<String, String> NORM =
        Map.of(
            "weight",
            "gamma",
            "bias",
            "beta",
            "running_mean",
            "runningMean",
            "running_var",
            "runningVar");

    static ParametrizedBlock of(Layer layer) {
      if (layer instanceof Layer.Linear linear) {
        return new ParametrizedBlock(LayerOperations.block(linear), Map.of());
      } else if (layer instanceof Layer.Convolution convolution) {
        return new ParametrizedBlock(LayerOperations.block(convolution), Map.of());
      } else if (layer instanceof Layer.BatchNorm) {
        return new ParametrizedBlock(LayerOperations.batchNorm(), NORM);
      }
      return new ParametrizedBlock(new ParameterBlock(layer), Map.of());
    }

    ai.djl.nn.Parameter parameter(Parameter parameter) {
      String name = names.getOrDefault(parameter.name(), parameter.name());
      return block.getDirectParameters().get(name);
    }
  }
}
