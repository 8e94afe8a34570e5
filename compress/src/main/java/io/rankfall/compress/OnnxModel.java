package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** An immutable ONNX model and the weight matrices in it. */
public final class OnnxModel {
  private final String file;
  private final ModelProto proto;
  private final Set<Path> dataFiles;
  private final OnnxGraph graph;
  private final List<Layer> layers;
  private final List<SkippedWeight> skipped;

  private OnnxModel(String file, ModelProto proto, Set<Path> dataFiles)
      throws ModelFormatException {
    this.file = file;
    this.proto = proto;
    this.dataFiles = dataFiles;
    this.graph = new OnnxGraph(proto.getGraph(), file);
    LayerScan scan = new LayerScan(graph);
    this.layers = scan.layers();
    this.skipped = scan.skipped();
  }

  /**
   * An input that the caller of the model fills.
   *
   * @param dimensions numbers, names such as {@code batch}, or {@code ?}
   */
  public record Input(String name, List<String> dimensions) {
    public Input {
      dimensions = List.copyOf(dimensions);
    }
  }

  /**
   * Reads a model whose weights are inside the file or in files beside it.
   *
   * @throws ModelFormatException in one line, if the file is damaged, names data outside its folder
   *     or does not fit into the heap
   */
  public static OnnxModel read(Path path) throws IOException {
    OnnxFile.Content content = OnnxFile.read(path);
    return of(content.proto(), path.toString(), content.data());
  }

  /**
   * A model built in memory, with all its numbers inside. Nodes are put in order if they are not.
   *
   * @param file what messages call it
   * @throws ModelFormatException in one line, if the graph is empty, has a cycle, misses values or
   *     makes them twice, or a tensor holds other than its dimensions say
   */
  public static OnnxModel of(ModelProto proto, String file) throws ModelFormatException {
    return of(proto, file, Set.of());
  }

  private static OnnxModel of(ModelProto proto, String file, Set<Path> dataFiles)
      throws ModelFormatException {
    if (!proto.hasGraph() || proto.getGraph().getNodeCount() == 0) {
      throw new ModelFormatException(file, "graph", "at least one node", "none");
    }
    return new OnnxModel(file, GraphOrder.sorted(proto, file), dataFiles);
  }

  /**
   * Writes the model whole or not at all; see {@link AtomicFile}. Beyond 2 GiB, the most that an
   * ONNX file can have, the weights go to {@code NAME.data} beside it.
   *
   * @return the files, the model first
   */
  public List<Path> write(Path path) throws IOException {
    return OnnxFile.write(path, proto, OnnxFile.MOST_BYTES);
  }

  /** The files beside the model that weights were read from. */
  public Set<Path> dataFiles() {
    return dataFiles;
  }

  /** The layers that can be factored, in the order of their weights in the file. */
  public List<Layer> layers() {
    return layers;
  }

  /** Those that are matrix products. */
  public List<LinearLayer> linearLayers() {
    return layers.stream()
        .filter(LinearLayer.class::isInstance)
        .map(LinearLayer.class::cast)
        .toList();
  }

  /** The weights of two or more dimensions that are no layer, with the reason. */
  public List<SkippedWeight> skipped() {
    return skipped;
  }

  /** How many numbers the floating-point constants hold that the graph reads. */
  public long parameters() {
    long count = 0;
    for (Map.Entry<String, TensorProto> constant : graph.constants().entrySet()) {
      if (Tensors.isFloating(constant.getValue()) && graph.isRead(constant.getKey())) {
        count += Tensors.count(constant.getValue());
      }
    }
    return count;
  }

  /** The size of a file with everything inside, in bytes. */
  public long bytes() {
    return OnnxFile.bytes(proto);
  }

  /** The inputs that are no initializers. */
  public List<Input> inputs() {
    return proto.getGraph().getInputList().stream()
        .filter(input -> !graph.isInitializer(input.getName()))
        .map(input -> new Input(input.getName(), dimensions(input)))
        .toList();
  }

  /** The metadata properties of the file. */
  public Map<String, String> metadata() {
    return proto.getMetadataPropsList().stream()
        .collect(
            Collectors.toUnmodifiableMap(
                p -> p.getKey(), p -> p.getValue(), (first, second) -> second));
  }

  /** The ONNX message itself. */
  public ModelProto proto() {
    return proto;
  }

  /** What messages call this model. */
  public String file() {
    return file;
  }

  /** The numbers of a constant that is a layer's weight or bias. */
  float[] floats(String name) {
    return Tensors.floats(constant(name));
  }

  /** The type of its numbers. */
  ElementType type(String constant) {
    return Tensors.elementType(constant(constant));
  }

  TensorProto constant(String name) {
    return Objects.requireNonNull(graph.constants().get(name), name);
  }

  OnnxGraph graph() {
    return graph;
  }

  private static List<String> dimensions(ValueInfoProto input) {
    return input.getType().getTensorType().getShape().getDimList().stream()
        .map(OnnxModel::dimension)
        .toList();
  }

  private static String dimension(Dimension dimension) {
    if (dimension.hasDimValue()) {
      return Long.toString(dimension.getDimValue());
    }
    return dimension.getDimParam().isBlank()
        ? "?"
        : ModelFormatException.oneLine(dimension.getDimParam());
  }

  @Override
  public String toString() {
    return "OnnxModel[%s, %d layers]".formatted(file, layers.size());
  }
}
