package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.List;
import java.util.Optional;

/**
 * Finds the constant that shifts the output channels of a convolution and nothing else: its own
 * bias, one added to its output, or the mean that a BatchNormalization takes off.
 */
final class ConvolutionBias {
  private final OnnxGraph graph;
  private final int channels;
  private final int axes;

  private ConvolutionBias(OnnxGraph graph, int channels, int axes) {
    this.graph = graph;
    this.channels = channels;
    this.axes = axes;
  }

  /**
   * One node that uses a kernel.
   *
   * @param node its index
   * @param channels C_out
   */
  static LinearLayer.Use use(OnnxGraph graph, int node, int channels, int axes) {
    return new ConvolutionBias(graph, channels, axes).use(node);
  }

  private LinearLayer.Use use(int index) {
    NodeProto node = graph.node(index);
    String input = node.getInput(0);
    if (node.getInputCount() > 2 && isVector(node.getInput(2))) {
      return new LinearLayer.Use(index, input, Optional.of(node.getInput(2)), 1);
    }
    String output = node.getOutput(0);
    List<OnnxGraph.Use> readers = graph.uses(output);
    if (readers.size() == 1 && !graph.escapes(output)) {
      NodeProto reader = graph.node(readers.get(0).node());
      int slot = readers.get(0).slot();
      if (reader.getOpType().equals("Add") && isAlongChannels(reader.getInput(1 - slot))) {
        return new LinearLayer.Use(index, input, Optional.of(reader.getInput(1 - slot)), 1);
      }
      if (reader.getOpType().equals("BatchNormalization")
          && slot == 0
          && reader.getInputCount() == 5
          && OnnxGraph.integer(reader, "training_mode", 0) == 0
          && isVector(reader.getInput(3))) {
        return new LinearLayer.Use(index, input, Optional.of(reader.getInput(3)), -1);
      }
    }
    return new LinearLayer.Use(index, input, Optional.empty(), 1);
  }

  /** Whether nothing else reads the constant and it has a number for each channel. */
  private Optional<TensorProto> own(String name) {
    return Optional.ofNullable(graph.constants().get(name))
        .filter(tensor -> !graph.escapes(name) && graph.uses(name).size() == 1)
        .filter(tensor -> Tensors.type(tensor) == DataType.FLOAT)
        .filter(tensor -> Tensors.count(tensor) == channels);
  }

  private boolean isVector(String name) {
    return own(name).filter(tensor -> tensor.getDimsCount() == 1).isPresent();
  }

  /** Whether the constant, broadcast to N × C × i₁ × i₂…, differs by channels only. */
  private boolean isAlongChannels(String name) {
    return own(name)
        .filter(tensor -> tensor.getDimsCount() > axes && tensor.getDimsCount() <= axes + 2)
        .filter(tensor -> tensor.getDims(tensor.getDimsCount() - 1 - axes) == channels)
        .isPresent();
  }
}
