package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Derivatives of convolutions and of pooling by windows, of any number of dimensions. */
final class ConvolutionRules {
  private static final Set<String> KEPT = Set.of("strides", "dilations", "group", "kernel_shape");

  private final Tape tape;
  private final AppendedNodes nodes;

  ConvolutionRules(Tape tape) {
    this.tape = tape;
    this.nodes = tape.nodes();
  }

  /** Passes the gradient on through a node, if there is a rule for it here. */
  boolean apply(NodeProto node) throws NotDifferentiableException {
    String a = node.getInputCount() > 0 ? node.getInput(0) : "";
    switch (node.getOpType()) {
      case "Conv" -> {
        tape.requireFixed(node, 1);
        tape.requireFixed(node, 2);
        int axes = axes(node, tape.constant(node.getInput(1)));
        tape.add(a, spread(node, tape.of(node), node.getInput(1), a, axes));
      }
      case "ConvTranspose" -> transposed(node, a);
      case "MaxPool" -> maximum(node, a);
      case "AveragePool" -> average(node, a);
      default -> {
        return false;
      }
    }
    return true;
  }

  private static int axes(NodeProto node, Optional<TensorProto> kernel)
      throws NotDifferentiableException {
    int declared = OnnxGraph.integers(node, "kernel_shape", List.of()).size();
    int axes = declared > 0 ? declared : kernel.map(k -> k.getDimsCount() - 2).orElse(0);
    if (axes < 1) {
      throw Tape.unsupported(node);
    }
    return axes;
  }

  private static AttributeProto[] window(NodeProto node) {
    return node.getAttributeList().stream()
        .filter(attribute -> KEPT.contains(attribute.getName()))
        .toArray(AttributeProto[]::new);
  }

  /**
   * Gives each number of the gradient to the input's numbers under the kernel, times the weights.
   * Without padding ConvTranspose makes what lies under some kernel of the padded input, in its
   * coordinates; what no kernel reached, less than a stride at the end, is 0.
   */
  private String spread(NodeProto node, String g, String weights, String like, int axes) {
    String reached = nodes.emit("ConvTranspose", List.of(g, weights), window(node));
    List<Long> strides = OnnxGraph.integers(node, "strides", Collections.nCopies(axes, 1L));
    long[] margin = new long[2 * (axes + 2)];
    for (int i = 0; i < axes; i++) {
      margin[axes + 4 + i] = strides.get(i) - 1;
    }
    String whole = nodes.emit("Pad", reached, nodes.integers(margin));
    String size = spatial(like);
    String before = before(node, spatial(reached), size, axes);
    long[] which = new long[axes];
    Arrays.setAll(which, i -> i + 2);
    return nodes.emit(
        "Slice", whole, before, nodes.emit("Add", before, size), nodes.integers(which));
  }

  /** The dimensions after N and C. */
  private String spatial(String value) {
    return nodes.emit(
        "Slice", nodes.emit("Shape", value), nodes.integer(2), nodes.integer(Long.MAX_VALUE));
  }

  /**
   * The padding before each axis.
   *
   * @param padded dimensions that the kernels cover
   * @param size those of the input
   */
  private String before(NodeProto node, String padded, String size, int axes) {
    String mode = OnnxGraph.text(node, "auto_pad", "NOTSET");
    if (mode.startsWith("SAME")) {
      String missing = nodes.emit("Max", nodes.emit("Sub", padded, size), nodes.integer(0));
      String half = nodes.emit("Div", missing, nodes.integer(2));
      return mode.equals("SAME_UPPER") ? half : nodes.emit("Sub", missing, half);
    }
    long[] before = new long[axes];
    if (!mode.equals("VALID")) {
      List<Long> pads = OnnxGraph.integers(node, "pads", Collections.nCopies(2 * axes, 0L));
      Arrays.setAll(before, i -> pads.get(i));
    }
    return nodes.integers(before);
  }

  /** The convolution with the same kernel. */
  private void transposed(NodeProto node, String a) throws NotDifferentiableException {
    tape.requireFixed(node, 1);
    tape.requireFixed(node, 2);
    if (OnnxGraph.text(node, "auto_pad", "NOTSET").startsWith("SAME")
        || !OnnxGraph.integers(node, "output_shape", List.of()).isEmpty()) {
      throw Tape.unsupported(node);
    }
    List<AttributeProto> attributes = new ArrayList<>(List.of(window(node)));
    node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals("pads"))
        .forEach(attributes::add);
    tape.add(
        a,
        nodes.emit(
            "Conv",
            List.of(tape.of(node), node.getInput(1)),
            attributes.toArray(new AttributeProto[0])));
  }

  /** Each number of the gradient goes to where the maximum was. */
  private void maximum(NodeProto node, String a) throws NotDifferentiableException {
    String g = tape.of(node);
    String indices = nodes.freshName();
    nodes.append(
        NodeProto.newBuilder()
            .setOpType("MaxPool")
            .setName(nodes.freshName())
            .addInput(a)
            .addOutput(nodes.freshName())
            .addOutput(indices)
            .addAllAttribute(
                node.getAttributeList().stream()
                    .filter(attribute -> !attribute.getName().equals("storage_order"))
                    .toList()));
    tape.scatter(a, g, indices);
  }

  /** Each channel by itself, with a kernel of ones. */
  private void average(NodeProto node, String a) throws NotDifferentiableException {
    if (OnnxGraph.integer(node, "ceil_mode", 0) != 0) {
      throw Tape.unsupported(node);
    }
    int axes = axes(node, Optional.empty());
    List<Long> kernel = OnnxGraph.integers(node, "kernel_shape", List.of());
    String ones = nodes.ones(kernel);
    String channels = singles(a);
    String g = singles(tape.of(node));
    String counts;
    if (OnnxGraph.integer(node, "count_include_pad", 0) != 0) {
      counts = nodes.real(kernel.stream().reduce(1L, (x, y) -> x * y));
    } else {
      String all = nodes.emit("Add", nodes.zeros(channels), nodes.real(1));
      AttributeProto[] window =
          node.getAttributeList().stream()
              .filter(
                  attribute ->
                      !attribute.getName().equals("ceil_mode")
                          && !attribute.getName().equals("count_include_pad"))
              .toArray(AttributeProto[]::new);
      counts = nodes.emit("Conv", List.of(all, ones), window);
    }
    String spread = spread(node, nodes.emit("Div", g, counts), ones, channels, axes);
    tape.add(a, nodes.emit("Reshape", spread, nodes.emit("Shape", a)));
  }

  /** N × C × i₁… as N·C × 1 × i₁…. */
  private String singles(String value) {
    return nodes.emit("Reshape", value, nodes.concat(0, nodes.integers(-1, 1), spatial(value)));
  }
}
