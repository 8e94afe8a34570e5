package io.rankfall.study;

import io.rankfall.compress.Decomposition;
import io.rankfall.compress.ModelConstants;
import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.RankPlan;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.Architecture;
import io.rankfall.train.CutArchitecture;
import io.rankfall.train.Network;
import io.rankfall.train.Tensor;
import io.rankfall.train.graph.Cut;
import io.rankfall.train.graph.Layer;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A compressed file of an exported network as a network that can be trained on. */
final class CompressedNetwork {
  private final Architecture whole;
  private final RankPlan plan;
  private final String file;
  private final ModelConstants constants;

  /**
   * @param whole what the dense file was exported from, batch norms kept
   * @param plan by which it was compressed
   * @param file how messages call the model
   */
  CompressedNetwork(Architecture whole, RankPlan plan, OnnxModel model, String file) {
    this.whole = whole;
    this.plan = plan;
    this.file = file;
    this.constants = new ModelConstants(model);
  }

  /**
   * The parameters, to the bit as the file has them.
   *
   * @throws ModelFormatException naming the tensor, if one is missing or has another shape
   */
  Network network() throws ModelFormatException {
    List<Cut> cuts = new ArrayList<>();
    Map<String, LayerGraph.Node> nodes = new HashMap<>();
    whole.graph().nodes().forEach(node -> nodes.put(node.name(), node));
    for (RankPlan.Layer layer : plan.layers()) {
      LayerGraph.Node node = nodes.get(layer.name());
      if (node == null) {
        throw new ModelFormatException(
            file, "layer", "one of " + whole.label(), "'" + layer.name() + "'");
      }
      Cut cut = cut(layer, node.layer());
      if (cut.kind() != Cut.Kind.WHOLE || layer.isNarrowed()) {
        cuts.add(cut);
      }
    }
    Architecture architecture = cuts.isEmpty() ? whole : new CutArchitecture(whole, cuts);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (LayerGraph.Node node : architecture.graph().nodes()) {
      for (Parameter parameter : node.layer().parameters()) {
        tensors.put(node.parameter(parameter), tensor(node, parameter));
      }
    }
    return new Network(architecture, tensors);
  }

  private static Cut cut(RankPlan.Layer layer, Layer whole) {
    int positions =
        whole instanceof Layer.Convolution c ? c.vertical().size() * c.horizontal().size() : 1;
    int inputs = layer.keptCols() / positions;
    if (!(layer.choice() instanceof RankPlan.Factored factored)) {
      return new Cut(layer.name(), Cut.Kind.WHOLE, layer.keptRows(), inputs, List.of());
    }
    Decomposition how = factored.how();
    Cut.Kind kind = Cut.Kind.CHANNEL;
    List<Integer> ranks = List.of(how.rank());
    if (how instanceof Decomposition.Spatial) {
      kind = Cut.Kind.SPATIAL;
    } else if (how instanceof Decomposition.Tucker tucker) {
      kind = Cut.Kind.TUCKER;
      ranks = List.of(tucker.inputRank(), tucker.outputRank());
    }
    return new Cut(layer.name(), kind, layer.keptRows(), inputs, ranks);
  }

  private Tensor tensor(LayerGraph.Node node, Parameter parameter) throws ModelFormatException {
    String name = nameInFile(node, parameter);
    boolean transposed = isTransposed(node, parameter);
    List<Long> shape = parameter.shape().stream().map(Integer::longValue).toList();
    List<Long> expected = transposed ? List.of(shape.get(1), shape.get(0)) : shape;
    List<Long> found = constants.shape(name).orElse(null);
    if (!expected.equals(found)) {
      throw new ModelFormatException(
          file,
          "tensor " + name,
          expected + " in single precision",
          found == null ? "nothing" : found.toString());
    }
    float[] values = constants.values(name);
    Matrix matrix =
        transposed
            ? Matrix.of(parameter.cols(), parameter.rows(), values).transposed()
            : Matrix.of(parameter.rows(), parameter.cols(), values);
    return new Tensor(parameter.shape(), matrix);
  }

  /** The weights of linear layers on tokens lie as MatMul takes them: inputs × outputs. */
  private static boolean isTransposed(LayerGraph.Node node, Parameter parameter) {
    return parameter.role() == Parameter.Role.WEIGHT
        && node.layer() instanceof Layer.Linear
        && node.shape().size() == 2;
  }

  /** The model with the parameters of {@code tuned}, which is {@link #network} after training. */
  OnnxModel with(Network tuned) throws ModelFormatException {
    Map<String, float[]> changed = new HashMap<>();
    for (LayerGraph.Node node : tuned.architecture().graph().nodes()) {
      for (Parameter parameter : node.layer().parameters()) {
        Matrix values = tuned.tensor(node.parameter(parameter)).matrix();
        changed.put(
            nameInFile(node, parameter),
            (isTransposed(node, parameter) ? values.transposed() : values).toArray());
      }
    }
    return constants.with(changed, file);
  }

  /** A chain's weights are named after its links, its bias after the layer. */
  private String nameInFile(LayerGraph.Node node, Parameter parameter) {
    String name = node.name();
    if (whole.graph().nodes().stream().anyMatch(n -> n.name().equals(name))) {
      return node.parameter(parameter);
    }
    return parameter.role() == Parameter.Role.WEIGHT
        ? name
        : name.substring(0, name.lastIndexOf('.')) + "." + parameter.name();
  }
}
