package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How a constant reaches those who compute with it: often through a cast, as in models whose
 * weights alone are in half precision, or a transposition that an exporter left in the graph.
 *
 * @param nodes the nodes it passes, in this order; nobody else reads what is between them
 * @param value what comes out
 * @param transposed whether its two dimensions are swapped on the way
 * @param type the type that comes out
 */
record ConstantPath(List<Integer> nodes, String value, boolean transposed, DataType type) {
  private static final int MOST_NODES = 16;
  private static final Set<DataType> CASTS =
      Set.of(DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE);

  ConstantPath {
    nodes = List.copyOf(nodes);
  }

  /** From a constant of the graph as far as it is only passed on. */
  static ConstantPath of(OnnxGraph graph, String constant, TensorProto tensor) {
    List<Integer> nodes = new ArrayList<>();
    String value = constant;
    boolean transposed = false;
    DataType type = Tensors.type(tensor);
    while (nodes.size() < MOST_NODES
        && graph.uses(value).size() == 1
        && !graph.escapes(value)
        && passes(graph.node(graph.uses(value).get(0).node()), tensor)) {
      int index = graph.uses(value).get(0).node();
      NodeProto node = graph.node(index);
      nodes.add(index);
      transposed ^= node.getOpType().equals("Transpose");
      type = node.getOpType().equals("Cast") ? target(node) : type;
      value = node.getOutput(0);
    }
    return new ConstantPath(nodes, value, transposed, type);
  }

  private static boolean passes(NodeProto node, TensorProto tensor) {
    if (!OnnxGraph.isStandard(node) || node.getInputCount() != 1 || node.getOutputCount() != 1) {
      return false;
    }
    return switch (node.getOpType()) {
      case "Identity" -> true;
      case "Cast" -> CASTS.contains(target(node));
      case "Transpose" ->
          tensor.getDimsCount() == 2
              && OnnxGraph.integers(node, "perm", List.of(1L, 0L)).equals(List.of(1L, 0L));
      default -> false;
    };
  }

  private static DataType target(NodeProto cast) {
    DataType type = DataType.forNumber((int) OnnxGraph.integer(cast, "to", 0));
    return type == null ? DataType.UNDEFINED : type;
  }
}
