package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Multiply-accumulates of a model: matrix products (also of two computed values), convolutions and
 * recurrent layers, biases and everything else left out, as is usual. Dimensions are those that the
 * values have when ONNX Runtime runs one batch, so they hold for inputs of that size.
 *
 * <p>MatMul and Gemm (…×m×k by k×n): …·m·k·n. Conv: numbers of the kernel for each output position.
 * ConvTranspose: the same for each input position. LSTM, GRU, RNN: numbers of W and R for each step
 * of each sequence. Bodies of loops and branches are not counted.
 */
final class MacCount {
  private static final Set<String> RECURRENT = Set.of("LSTM", "GRU", "RNN");
  private static final Set<String> COUNTED =
      Set.of("MatMul", "Gemm", "Conv", "ConvTranspose", "LSTM", "GRU", "RNN");

  private final OnnxModel model;
  private final Map<String, List<Long>> shapes = new HashMap<>();
  private final int examples;

  /**
   * @param batch inputs to run once
   * @throws ModelFormatException if ONNX Runtime does not load the model
   */
  MacCount(OnnxModel model, ModelInputs.Batch batch) throws ModelFormatException {
    this.model = model;
    this.examples = batch.count();
    Set<String> values = new LinkedHashSet<>();
    for (NodeProto node : nodes()) {
      if (COUNTED.contains(node.getOpType())) {
        values.addAll(node.getInputList().subList(0, Math.min(2, node.getInputCount())));
        values.add(node.getOutput(0));
      }
    }
    values.remove("");
    for (Map.Entry<String, TensorProto> constant : model.graph().constants().entrySet()) {
      values.remove(constant.getKey());
      shapes.put(constant.getKey(), constant.getValue().getDimsList());
    }
    if (!values.isEmpty()) {
      try (InputProbe probe = new InputProbe(model, values)) {
        shapes.putAll(probe.shapes(batch));
      }
    }
  }

  private List<NodeProto> nodes() {
    return model.proto().getGraph().getNodeList();
  }

  /** Of one example. */
  long total() {
    return nodes().stream().mapToLong(this::of).sum() / examples;
  }

  private long of(NodeProto node) {
    String type = node.getOpType();
    if (!COUNTED.contains(type) || node.getInputCount() < 2) {
      return 0;
    }
    List<Long> a = shape(node.getInput(0));
    List<Long> w = shape(node.getInput(1));
    if (type.equals("MatMul")) {
      return size(shape(node.getOutput(0))) * a.get(a.size() - 1);
    }
    if (type.equals("Gemm")) {
      boolean transposed = OnnxGraph.integer(node, "transA", 0) != 0;
      return size(shape(node.getOutput(0))) * a.get(transposed ? 0 : 1);
    }
    if (type.equals("Conv")) {
      return size(shape(node.getOutput(0))) * (size(w) / Math.max(1, w.get(0)));
    }
    if (type.equals("ConvTranspose")) {
      return size(a) * (size(w) / Math.max(1, w.get(0)));
    }
    List<Long> r = node.getInputCount() > 2 ? shape(node.getInput(2)) : List.of(0L);
    return RECURRENT.contains(type) ? a.get(0) * a.get(1) * (size(w) + size(r)) : 0;
  }

  private List<Long> shape(String value) {
    return Objects.requireNonNull(shapes.get(value), value);
  }

  private static long size(List<Long> shape) {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** The multiply-accumulates of a layer and of what could replace it, for the whole batch. */
  Price price(Layer layer) {
    return new Price() {
      @Override
      public long dense() {
        return layer.nodes().stream().mapToLong(n -> MacCount.this.of(nodes().get(n))).sum();
      }

      @Override
      public long of(Decomposition how, long numbers) {
        return layer.nodes().stream()
            .mapToLong(n -> factored(layer, nodes().get(n), how, numbers))
            .sum();
      }
    };
  }

  /** The dimensions that a layer's node reads. */
  List<Long> inputShape(NodeProto node) {
    return shape(node.getInput(0));
  }

  private long factored(Layer layer, NodeProto node, Decomposition how, long numbers) {
    List<Long> in = shape(node.getInput(0));
    List<Long> out = shape(node.getOutput(0));
    if (layer instanceof Convolution c && how instanceof Spatial s) {
      long middle = out.get(0) * out.get(2) * in.get(3);
      return s.rank() * (long) c.inputs() * c.kernel().get(0) * middle
          + s.rank() * (long) c.outputs() * c.kernel().get(1) * positions(out);
    }
    if (layer instanceof Convolution c && how instanceof Tucker t) {
      long core = (long) t.inputRank() * t.outputRank() * c.positions();
      return (long) c.inputs() * t.inputRank() * positions(in)
          + (core + (long) c.outputs() * t.outputRank()) * positions(out);
    }
    long places = layer instanceof Convolution ? positions(out) : size(out) / layer.rows();
    return places * numbers;
  }

  /** Examples times positions of N × C × i₁ × i₂…. */
  private static long positions(List<Long> shape) {
    return size(shape) / Math.max(1, shape.get(1));
  }
}
