package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The same computation in a version of ONNX in which all operators that the rules of derivatives
 * emit have one form. What changed its form since version {@value #OLDEST} is rewritten.
 */
final class OpsetUpgrade {
  private static final long OLDEST = 9;

  /** ScatterElements adds. */
  private static final long WANTED = 16;

  /** Operators whose earlier forms mean something else and that are not rewritten. */
  private static final Set<String> CHANGED =
      Set.of("TopK", "Hardmax", "LogSoftmax", "Scatter", "RoiAlign", "Loop", "If", "Scan");

  private final long opset;
  private final AppendedNodes nodes;

  private OpsetUpgrade(long opset, GraphProto graph) {
    this.opset = opset;
    this.nodes = new AppendedNodes(graph, "rankfall.upgrade.");
  }

  /**
   * The model in version {@value #WANTED} or, if that is later, its own.
   *
   * @throws NotDifferentiableException naming what cannot be rewritten
   */
  static OnnxModel of(OnnxModel model) throws NotDifferentiableException, ModelFormatException {
    long opset =
        model.proto().getOpsetImportList().stream()
            .filter(OpsetUpgrade::isStandard)
            .mapToLong(OperatorSetIdProto::getVersion)
            .findFirst()
            .orElse(1);
    if (opset >= WANTED) {
      return model;
    }
    if (opset < OLDEST) {
      throw new NotDifferentiableException(
          "opset %d: expected %d or later".formatted(opset, OLDEST));
    }
    GraphProto old = model.proto().getGraph();
    OpsetUpgrade upgrade = new OpsetUpgrade(opset, old.toBuilder().clearNode().build());
    for (NodeProto node : old.getNodeList()) {
      upgrade.add(node);
    }
    ModelProto.Builder proto = model.proto().toBuilder().clearOpsetImport();
    model.proto().getOpsetImportList().stream()
        .filter(set -> !isStandard(set))
        .forEach(proto::addOpsetImport);
    proto.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(WANTED));
    // Version 16 needs it.
    proto.setIrVersion(Math.max(8, proto.getIrVersion()));
    return OnnxModel.of(proto.setGraph(upgrade.nodes.graph()).build(), model.file());
  }

  private static boolean isStandard(OperatorSetIdProto set) {
    return set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx");
  }

  private void add(NodeProto node) throws NotDifferentiableException {
    if (CHANGED.contains(node.getOpType()) && opset < 13) {
      throw new NotDifferentiableException(
          "opset %d: expected 13 or later for %s".formatted(opset, OnnxGraph.label(node)));
    }
    switch (node.getOpType()) {
      case "Clip" -> nodes.append(opset < 11 ? clip(node) : node.toBuilder());
      case "Pad" -> nodes.append(opset < 11 ? pad(node) : node.toBuilder());
      case "Slice" -> nodes.append(opset < 10 ? slice(node) : node.toBuilder());
      case "Squeeze", "Unsqueeze", "ReduceSum" ->
          nodes.append(opset < 13 ? withInput(node, "axes") : node.toBuilder());
      case "Split" -> nodes.append(opset < 13 ? withInput(node, "split") : node.toBuilder());
      case "Softmax" -> softmax(node);
      case "Dropout" -> nodes.append(opset < 12 ? without(node, "ratio") : node.toBuilder());
      case "Upsample" -> nodes.append(resize(node));
      case "Resize" -> nodes.append(opset < 11 ? resize(node) : node.toBuilder());
      default -> nodes.append(node.toBuilder());
    }
  }

  private static NodeProto.Builder without(NodeProto node, String... names) {
    List<AttributeProto> kept = new ArrayList<>(node.getAttributeList());
    kept.removeIf(attribute -> List.of(names).contains(attribute.getName()));
    return node.toBuilder().clearAttribute().addAllAttribute(kept);
  }

  private NodeProto.Builder clip(NodeProto node) {
    return without(node, "min", "max")
        .addInput(nodes.scalar(OnnxGraph.real(node, "min", -Float.MAX_VALUE)))
        .addInput(nodes.scalar(OnnxGraph.real(node, "max", Float.MAX_VALUE)));
  }

  private NodeProto.Builder pad(NodeProto node) {
    return without(node, "pads", "value")
        .addInput(integers(OnnxGraph.integers(node, "pads", List.of())))
        .addInput(nodes.scalar(OnnxGraph.real(node, "value", 0)));
  }

  private NodeProto.Builder slice(NodeProto node) {
    List<Long> starts = OnnxGraph.integers(node, "starts", List.of());
    List<Long> all = new ArrayList<>();
    for (long i = 0; i < starts.size(); i++) {
      all.add(i);
    }
    return without(node, "starts", "ends", "axes")
        .addInput(integers(starts))
        .addInput(integers(OnnxGraph.integers(node, "ends", List.of())))
        .addInput(integers(OnnxGraph.integers(node, "axes", all)));
  }

  private NodeProto.Builder withInput(NodeProto node, String attribute) {
    List<Long> values = OnnxGraph.integers(node, attribute, List.of());
    NodeProto.Builder made = without(node, attribute);
    return values.isEmpty() ? made : made.addInput(integers(values));
  }

  private String integers(List<Long> values) {
    return nodes.integers(values.stream().mapToLong(v -> v).toArray());
  }

  /** Before version 13 over all dimensions from the axis on together. */
  private void softmax(NodeProto node) {
    if (opset >= 13) {
      nodes.append(node.toBuilder());
      return;
    }
    String a = node.getInput(0);
    AttributeProto axis = AppendedNodes.integer("axis", OnnxGraph.integer(node, "axis", 1));
    String flat = nodes.emit("Flatten", List.of(a), axis);
    String soft = nodes.emit("Softmax", List.of(flat), AppendedNodes.integer("axis", -1));
    nodes.append(
        NodeProto.newBuilder()
            .setOpType("Reshape")
            .setName(node.getName())
            .addInput(soft)
            .addInput(nodes.emit("Shape", a))
            .addOutput(node.getOutput(0)));
  }

  /** Before version 11 positions were counted from the edge and rounded down. */
  private static NodeProto.Builder resize(NodeProto node) {
    NodeProto.Builder made = node.toBuilder().setOpType("Resize");
    made.clearInput().addInput(node.getInput(0)).addInput("").addInput(node.getInput(1));
    return made.addAttribute(AppendedNodes.text("coordinate_transformation_mode", "asymmetric"))
        .addAttribute(AppendedNodes.text("nearest_mode", "floor"));
  }
}
