package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.rankfall.spectra.ColumnSelection;
import io.rankfall.spectra.Matrix;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** A model with fewer hidden units: constants become shorter, everything else stays. */
final class NarrowedGraph {
  /**
   * What becomes of some units.
   *
   * @param kept how many stay, at least 1
   * @param inputs the mean of the units over examples
   */
  record Cut(HiddenUnits units, ColumnSelection selection, int kept, InputMoments inputs) {}

  private final OnnxModel model;
  private final Map<String, LinearLayer> layers = new HashMap<>();
  private final Map<String, Matrix> weights = new HashMap<>();
  private final Map<String, float[]> vectors = new HashMap<>();
  private final Set<String> values = new HashSet<>();

  private NarrowedGraph(OnnxModel model) {
    this.model = model;
  }

  static OnnxModel of(OnnxModel model, List<Cut> cuts) {
    NarrowedGraph graph = new NarrowedGraph(model);
    // Columns first: the rows and the bias of a layer between two kinds of units are cut once
    // they make up for its inputs.
    cuts.forEach(graph::cutColumns);
    cuts.forEach(graph::cutRows);
    try {
      return OnnxModel.of(
          model.proto().toBuilder().setGraph(graph.rebuilt()).build(), model.file());
    } catch (ModelFormatException e) {
      throw new IllegalStateException("narrowed " + e.getMessage(), e);
    }
  }

  private Matrix weight(LinearLayer layer) {
    layers.put(layer.tensor(), layer);
    return weights.computeIfAbsent(layer.tensor(), name -> layer.weight().matrix());
  }

  /** The units that stay make up for the others by least squares, biases for the mean. */
  private void cutColumns(Cut cut) {
    List<Integer> kept = cut.selection().kept(cut.kept());
    for (LinearLayer reader : cut.units().readers()) {
      Matrix w = weight(reader);
      Matrix fitted = cut.selection().fit(w, cut.kept());
      weights.put(reader.tensor(), fitted);
      LinearLayer.Use use = reader.uses().get(0);
      use.bias()
          .ifPresent(name -> vectors.put(name, shifted(name, use, w, fitted, kept, cut.inputs())));
    }
  }

  /** b + scale·(W·E[x] − W'·E[x_S]). */
  private float[] shifted(
      String bias,
      LinearLayer.Use use,
      Matrix w,
      Matrix fitted,
      List<Integer> kept,
      InputMoments x) {
    float[] values = model.floats(bias);
    for (int i = 0; i < values.length; i++) {
      double lost = 0;
      for (int j = 0; j < w.cols(); j++) {
        lost += w.get(i, j) * x.mean(j);
      }
      for (int a = 0; a < kept.size(); a++) {
        lost -= fitted.get(i, a) * x.mean(kept.get(a));
      }
      values[i] = (float) (values[i] + use.biasScale() * lost);
    }
    return values;
  }

  private void cutRows(Cut cut) {
    List<Integer> kept = cut.selection().kept(cut.kept());
    LinearLayer maker = cut.units().maker();
    Matrix w = weight(maker);
    float[] rows = new float[Math.multiplyExact(kept.size(), w.cols())];
    for (int a = 0; a < kept.size(); a++) {
      for (int j = 0; j < w.cols(); j++) {
        rows[a * w.cols() + j] = w.get(kept.get(a), j);
      }
    }
    weights.put(maker.tensor(), Matrix.of(kept.size(), w.cols(), rows));
    for (String name : cut.units().vectors()) {
      float[] all = vectors.containsKey(name) ? vectors.get(name) : model.floats(name);
      float[] some = new float[kept.size()];
      for (int a = 0; a < some.length; a++) {
        some[a] = all[kept.get(a)];
      }
      vectors.put(name, some);
    }
    values.addAll(cut.units().values());
  }

  private GraphProto rebuilt() {
    GraphProto old = model.proto().getGraph();
    GraphProto.Builder graph = old.toBuilder().clearNode().clearInitializer().clearValueInfo();
    old.getValueInfoList().stream()
        .filter(value -> !values.contains(value.getName()) && !isCut(value.getName()))
        .forEach(graph::addValueInfo);
    for (TensorProto tensor : old.getInitializerList()) {
      graph.addInitializer(isCut(tensor.getName()) ? cut(tensor.getName(), tensor) : tensor);
    }
    for (NodeProto node : old.getNodeList()) {
      TensorProto constant = OnnxGraph.constantOf(node);
      graph.addNode(constant != null && isCut(node.getOutput(0)) ? constant(node, constant) : node);
    }
    return graph.build();
  }

  private boolean isCut(String name) {
    return weights.containsKey(name) || vectors.containsKey(name);
  }

  /** The numbers of a constant that changes, under the name its tensor has. */
  private TensorProto cut(String value, TensorProto old) {
    float[] vector = vectors.get(value);
    if (vector != null) {
      long[] dims = old.getDimsList().stream().mapToLong(dim -> dim).toArray();
      dims[dims.length - 1] = vector.length;
      return Tensors.of(old.getName(), vector, dims);
    }
    Matrix w = Objects.requireNonNull(weights.get(value), value);
    LinearLayer layer = Objects.requireNonNull(layers.get(value), value);
    boolean outputsFirst = layer.layout() == LinearLayer.Layout.OUTPUTS_FIRST;
    return Tensors.of(old.getName(), outputsFirst ? w : w.transposed());
  }

  private NodeProto constant(NodeProto node, TensorProto old) {
    NodeProto.Builder made = node.toBuilder().clearAttribute();
    for (AttributeProto attribute : node.getAttributeList()) {
      made.addAttribute(
          attribute.hasT()
              ? attribute.toBuilder().setT(cut(node.getOutput(0), old)).build()
              : attribute);
    }
    return made.build();
  }
}
