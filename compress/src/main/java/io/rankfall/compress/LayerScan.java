package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.rankfall.compress.LinearLayer.Layout;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.WeightMatrix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds which constants of a graph are weights that can be factored, and why the others are not.
 */
final class LayerScan {
  private final OnnxGraph graph;
  private final List<Layer> layers = new ArrayList<>();
  private final List<SkippedWeight> skipped = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  /** How often each name was wanted by more than one layer. */
  private final Map<String, Integer> suffixes = new HashMap<>();

  LayerScan(OnnxGraph graph) {
    this.graph = graph;
    for (Map.Entry<String, TensorProto> constant : graph.constants().entrySet()) {
      TensorProto tensor = constant.getValue();
      if (Tensors.isWeight(tensor) && graph.isRead(constant.getKey())) {
        scan(constant.getKey(), tensor);
      }
    }
    graph
        .nestedWeights()
        .forEach((name, shape) -> skip(name, shape, "inside a loop or branch body"));
    graph
        .proto()
        .getSparseInitializerList()
        .forEach(
            sparse ->
                skip(
                    sparse.getValues().getName(),
                    Tensors.shape(sparse.getDimsList()),
                    "sparse weights are not supported"));
  }

  List<Layer> layers() {
    return List.copyOf(layers);
  }

  List<SkippedWeight> skipped() {
    return List.copyOf(skipped);
  }

  private void skip(String name, String shape, String reason) {
    skipped.add(
        new SkippedWeight(
            ModelFormatException.oneLine(name), shape, ModelFormatException.oneLine(reason)));
  }

  private void scan(String name, TensorProto tensor) {
    ConstantPath path = ConstantPath.of(graph, name, tensor);
    Optional<String> obstacle = obstacle(path, tensor);
    if (obstacle.isPresent()) {
      skip(name, Tensors.shape(tensor), obstacle.get());
      return;
    }
    String own = graph.node(graph.uses(path.value()).get(0).node()).getName();
    String layer = unique(ModelFormatException.oneLine(own.isBlank() ? name : own));
    layers.add(
        tensor.getDimsCount() == 2
            ? linear(layer, name, tensor, path)
            : convolution(layer, name, tensor, path));
  }

  private LinearLayer linear(String layer, String name, TensorProto tensor, ConstantPath path) {
    List<OnnxGraph.Use> uses = graph.uses(path.value());
    Layout layout = layout(graph.node(uses.get(0).node()));
    Matrix stored =
        Matrix.of((int) tensor.getDims(0), (int) tensor.getDims(1), Tensors.floats(tensor));
    boolean outputsFirst = (layout == Layout.OUTPUTS_FIRST) != path.transposed();
    Matrix w = outputsFirst ? stored : stored.transposed();
    return new LinearLayer(
        layer,
        new WeightMatrix(layer, w),
        name,
        layout,
        uses.stream().map(use -> use(use, w.rows())).toList());
  }

  private Convolution convolution(
      String layer, String name, TensorProto tensor, ConstantPath path) {
    int outputs = (int) tensor.getDims(0);
    float[] kernel = Tensors.floats(tensor);
    return new Convolution(
        layer,
        new WeightMatrix(layer, Matrix.of(outputs, kernel.length / outputs, kernel)),
        (int) tensor.getDims(1),
        kernelShape(tensor).stream().map(Long::intValue).toList(),
        name,
        graph.uses(path.value()).stream()
            .map(use -> ConvolutionBias.use(graph, use.node(), outputs, tensor.getDimsCount() - 2))
            .toList());
  }

  private static List<Long> kernelShape(TensorProto kernel) {
    return kernel.getDimsList().subList(2, kernel.getDimsCount());
  }

  private String unique(String wanted) {
    String name = wanted;
    while (!names.add(name)) {
      name = wanted + "_" + suffixes.merge(wanted, 1, Integer::sum);
    }
    return name;
  }

  /** Why a weight cannot be factored, if it cannot. */
  private Optional<String> obstacle(ConstantPath path, TensorProto tensor) {
    Optional<String> ofNumbers = obstacleOfNumbers(tensor);
    if (ofNumbers.isPresent()) {
      return ofNumbers;
    }
    if (graph.escapes(path.value())) {
      return Optional.of("is itself an output or read by a loop or branch body");
    }
    if (graph.uses(path.value()).isEmpty()) {
      return Optional.of("read by nothing that computes");
    }
    Optional<Layout> layout = Optional.empty();
    for (OnnxGraph.Use use : graph.uses(path.value())) {
      NodeProto node = graph.node(use.node());
      Optional<String> reason = obstacle(node, use.slot(), tensor);
      if (reason.isPresent()) {
        return reason;
      }
      if (layout.isPresent() && layout.get() != layout(node)) {
        return Optional.of(
            "used in both orientations, the second time by " + OnnxGraph.label(node));
      }
      layout = Optional.of(layout(node));
    }
    return Optional.empty();
  }

  private static Optional<String> obstacleOfNumbers(TensorProto tensor) {
    DataType type = Tensors.type(tensor);
    if (!Tensors.isReadable(type)) {
      return Optional.of("quantized: %s weights are left as they are".formatted(type));
    }
    return type == DataType.DOUBLE && Tensors.exceedsSingle(tensor)
        ? Optional.of("numbers beyond single precision")
        : Optional.empty();
  }

  private Optional<String> obstacle(NodeProto node, int slot, TensorProto tensor) {
    String type = node.getOpType();
    boolean convolution = type.equals("Conv");
    boolean product = type.equals("MatMul") || type.equals("Gemm");
    if (type.equals("QuantizeLinear") || type.equals("DequantizeLinear")) {
      return Optional.of("quantized by " + OnnxGraph.label(node));
    }
    if (!(product || convolution) || !OnnxGraph.isStandard(node)) {
      return Optional.of("used by %s, no matrix product".formatted(OnnxGraph.label(node)));
    }
    if (slot != 1 || node.getOutputCount() != 1) {
      return Optional.of("not the right-hand operand of " + OnnxGraph.label(node));
    }
    if (graph.constants().containsKey(node.getInput(0))) {
      return Optional.of("both operands of %s are constant".formatted(OnnxGraph.label(node)));
    }
    return convolution ? obstacleOfKernel(node, tensor) : obstacleOfProduct(node, tensor);
  }

  private static Optional<String> obstacleOfProduct(NodeProto node, TensorProto tensor) {
    if (tensor.getDimsCount() != 2 || Tensors.count(tensor) == 0) {
      return Optional.of(
          "%s: expected a matrix, found %s"
              .formatted(OnnxGraph.label(node), Tensors.shape(tensor)));
    }
    if (node.getOpType().equals("Gemm") && OnnxGraph.integer(node, "transA", 0) != 0) {
      return Optional.of("%s transposes its input".formatted(OnnxGraph.label(node)));
    }
    return Optional.empty();
  }

  private static Optional<String> obstacleOfKernel(NodeProto node, TensorProto tensor) {
    if (tensor.getDimsCount() < 3 || Tensors.count(tensor) == 0) {
      return Optional.of(
          "%s: expected a kernel, found %s"
              .formatted(OnnxGraph.label(node), Tensors.shape(tensor)));
    }
    long groups = OnnxGraph.integer(node, "group", 1);
    if (groups != 1) {
      return Optional.of(
          tensor.getDims(1) == 1
              ? "%s is depthwise: each kernel sees one channel".formatted(OnnxGraph.label(node))
              : "%s has %d groups: only those of one are factored"
                  .formatted(OnnxGraph.label(node), groups));
    }
    List<Long> kernel = kernelShape(tensor);
    List<Long> declared = OnnxGraph.integers(node, "kernel_shape", kernel);
    int axes = kernel.size();
    if (!declared.equals(kernel)
        || !hasLength(node, "strides", axes)
        || !hasLength(node, "dilations", axes)
        || !hasLength(node, "pads", 2 * axes)) {
      return Optional.of(
          "%s: its attributes do not fit a kernel of %s"
              .formatted(OnnxGraph.label(node), Tensors.shape(kernel)));
    }
    return Optional.empty();
  }

  /** Whether an attribute has so many integers, or is absent. */
  private static boolean hasLength(NodeProto node, String attribute, int length) {
    int found = OnnxGraph.integers(node, attribute, List.of()).size();
    return found == 0 || found == length;
  }

  private static Layout layout(NodeProto node) {
    boolean transposed =
        node.getOpType().equals("Gemm") && OnnxGraph.integer(node, "transB", 0) != 0;
    return transposed ? Layout.OUTPUTS_FIRST : Layout.INPUTS_FIRST;
  }

  private LinearLayer.Use use(OnnxGraph.Use use, int width) {
    NodeProto node = graph.node(use.node());
    String input = node.getInput(0);
    if (node.getOpType().equals("Gemm")) {
      double scale = OnnxGraph.real(node, "alpha", 1) / (double) OnnxGraph.real(node, "beta", 1);
      boolean scalable = Double.isFinite(scale);
      return new LinearLayer.Use(
          use.node(),
          input,
          scalable && node.getInputCount() > 2 ? bias(node.getInput(2), width) : Optional.empty(),
          scalable ? scale : 1);
    }
    return new LinearLayer.Use(use.node(), input, addedTo(node.getOutput(0), width), 1);
  }

  /** The bias that the only reader of a product adds to it. */
  private Optional<String> addedTo(String product, int width) {
    List<OnnxGraph.Use> readers = graph.uses(product);
    if (readers.size() != 1 || graph.escapes(product)) {
      return Optional.empty();
    }
    NodeProto add = graph.node(readers.get(0).node());
    if (!add.getOpType().equals("Add") || add.getInputCount() != 2) {
      return Optional.empty();
    }
    return bias(add.getInput(1 - readers.get(0).slot()), width);
  }

  private Optional<String> bias(String name, int width) {
    boolean own = graph.isInitializer(name) && !graph.escapes(name) && graph.uses(name).size() == 1;
    return own && Tensors.isBias(graph.constants().get(name), width)
        ? Optional.of(name)
        : Optional.empty();
  }
}
