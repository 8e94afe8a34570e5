package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rankfall.spectra.Matrix;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way of writing x·Wᵀ + b, against the same graph with W replaced by W_r. */
class FactoredGraphTest {
  private static final int IN = 12;
  private static final int OUT = 9;
  private static final int RANK = 3;
  private static final SplittableRandom RANDOM = new SplittableRandom(5);
  private static final Matrix W = Matrix.gaussian(OUT, IN, RANDOM);
  private static final Matrix SQUARE = Matrix.gaussian(IN, IN, RANDOM);
  private static final Matrix BIAS = Matrix.gaussian(1, OUT, RANDOM);

  private static NodeProto.Builder node(String type, String name, String out, String... in) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .setName(name)
        .addAllInput(List.of(in))
        .addOutput(out);
  }

  private static AttributeProto number(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static AttributeProto number(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  static OnnxModel model(GraphProto.Builder graph, long... inputDims) throws ModelFormatException {
    ValueInfoProto.Builder input = ValueInfoProto.newBuilder().setName("x");
    var type = input.getTypeBuilder().getTensorTypeBuilder().setElemType(DataType.FLOAT_VALUE);
    type.getShapeBuilder().addDimBuilder().setDimParam("batch");
    for (long dim : inputDims) {
      type.getShapeBuilder().addDimBuilder().setDimValue(dim);
    }
    return OnnxModel.of(
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
            .setGraph(
                graph
                    .setName("g")
                    .addInput(input)
                    .addOutput(
                        ValueInfoProto.newBuilder()
                            .setName("y")
                            .setType(input.getType().toBuilder().clearTensorType())))
            .build(),
        "test");
  }

  private static GraphProto.Builder gemm(Matrix stored, AttributeProto... attributes) {
    return GraphProto.newBuilder()
        .addInitializer(Tensors.of("w", stored))
        .addInitializer(Tensors.of("b", BIAS.toArray(), OUT))
        .addNode(node("Gemm", "fc", "y", "x", "w", "b").addAllAttribute(List.of(attributes)));
  }

  static Stream<Arguments> variants() throws ModelFormatException {
    Matrix t = W.transposed();
    GraphProto.Builder matmul =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("w", t))
            .addNode(node("MatMul", "fc", "y", "x", "w"));
    GraphProto.Builder added =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("w", t))
            .addInitializer(Tensors.of("b", BIAS.toArray(), OUT))
            .addNode(node("MatMul", "fc", "p", "x", "w"))
            .addNode(node("Add", "add", "y", "b", "p"));
    GraphProto.Builder constant =
        GraphProto.newBuilder()
            .addNode(
                node("Constant", "c", "w")
                    .addAttribute(
                        AttributeProto.newBuilder()
                            .setName("value")
                            .setType(AttributeProto.AttributeType.TENSOR)
                            .setT(Tensors.of("", t))))
            .addNode(node("MatMul", "", "y", "x", "w"));
    GraphProto.Builder collision =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("w", t))
            .addNode(node("Relu", "fc.right", "fc.hidden", "x"))
            .addNode(node("MatMul", "fc", "fc.left", "fc.hidden", "w"))
            .addNode(node("Relu", "fc.left", "y", "fc.left"));
    return Stream.of(
        Arguments.of("transB=1", model(gemm(W, number("transB", 1)), IN), true),
        Arguments.of("transB=0", model(gemm(t), IN), true),
        Arguments.of(
            "alpha and beta",
            model(gemm(W, number("transB", 1), number("alpha", 2f), number("beta", .5f)), IN),
            true),
        Arguments.of("MatMul", model(matmul, IN), false),
        Arguments.of(
            "MatMul on tokens", model(matmul.clone().clearInput().clearOutput(), 2, IN), false),
        Arguments.of("MatMul and Add", model(added, IN), true),
        Arguments.of("Constant node", model(constant, IN), false),
        Arguments.of("names taken", model(collision, IN), false));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("variants")
  void equalsTheGraphWithTheTruncatedMatrix(String name, OnnxModel model, boolean bias)
      throws Exception {
    LinearLayer layer = model.linearLayers().get(0);
    assertThat(layer.weight().matrix()).isEqualTo(W);
    assertThat(layer.uses().get(0).bias().isPresent()).isEqualTo(bias);
    Compressor compressor = new Compressor(model);
    OnnxModel factored = compressor.apply(compressor.plan(new RankPolicy.Uniform(RANK)));
    Matrix truncated = compressor.truncation(layer).at(RANK).product();
    OnnxModel expected = withWeights(model, layer, truncated);
    Rows rows = Networks.rows(1, 7, model.inputs().get(0).dimensions().size() == 2 ? IN : 2 * IN);
    assertClose(logits(factored, rows), logits(expected, rows));
    assertThat(factored.parameters())
        .isEqualTo(model.parameters() - IN * OUT + RANK * (IN + OUT))
        .isEqualTo(compressor.plan(new RankPolicy.Uniform(RANK)).parameters());
    assertThat(factored.proto().toString()).doesNotContain("name: \"w\"");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("variants")
  void biasesMakeUpForTheMean(String name, OnnxModel model, boolean bias) throws Exception {
    if (!bias) {
      return;
    }
    Rows rows = Networks.rows(2, 300, IN);
    Compressor compressor =
        new Compressor(
            model, new Objective.DataAware(Calibration.gather(model, ModelInputs.of(rows))));
    Rows dense = logits(model, rows);
    Rows factored = logits(compressor.apply(compressor.plan(new RankPolicy.Uniform(1))), rows);
    for (int j = 0; j < OUT; j++) {
      double gap = 0;
      for (int i = 0; i < rows.count(); i++) {
        gap += (dense.get(i, j) - factored.get(i, j)) / rows.count();
      }
      assertThat(gap).isCloseTo(0, within(1e-4));
    }
  }

  @Test
  void sharedWeightsStayShared() throws Exception {
    OnnxModel model =
        model(
            GraphProto.newBuilder()
                .addInitializer(Tensors.of("w", SQUARE))
                .addNode(node("MatMul", "one", "h", "x", "w"))
                .addNode(node("MatMul", "two", "y", "h", "w")),
            IN);
    assertThat(model.layers()).hasSize(1);
    assertThat(model.linearLayers().get(0).uses()).hasSize(2);
    Compressor compressor = new Compressor(model);
    OnnxModel factored = compressor.apply(compressor.plan(new RankPolicy.Uniform(RANK)));
    assertThat(factored.parameters()).isEqualTo(RANK * 2L * IN);
    LinearLayer layer = model.linearLayers().get(0);
    Matrix truncated = compressor.truncation(layer).at(RANK).product();
    Rows rows = Networks.rows(1, 7, IN);
    assertClose(logits(factored, rows), logits(withWeights(model, layer, truncated), rows));
    Calibration calibration = Calibration.gather(model, ModelInputs.of(rows));
    Compressor aware = new Compressor(model, new Objective.DataAware(calibration));
    assertThat(aware.apply(aware.plan(new RankPolicy.Uniform(RANK))).parameters())
        .isEqualTo(factored.parameters());
  }

  @Test
  void whatIsNoProductIsSkippedWithAReason() throws Exception {
    OnnxModel model =
        model(
            GraphProto.newBuilder()
                .addInitializer(Tensors.of("w", SQUARE))
                .addInitializer(Tensors.of("scale", new float[IN], 1, IN))
                .addInitializer(Tensors.of("tied", SQUARE))
                .addNode(node("Mul", "mul", "s", "x", "scale"))
                .addNode(node("MatMul", "a", "p", "s", "tied"))
                .addNode(node("Gemm", "b", "q", "p", "tied").addAttribute(number("transB", 1)))
                .addNode(node("Gemm", "c", "y", "q", "w").addAttribute(number("transA", 1))),
            IN);
    assertThat(model.layers()).isEmpty();
    assertThat(model.skipped())
        .extracting(SkippedWeight::name, SkippedWeight::reason)
        .containsExactlyInAnyOrder(
            tuple("w", "Gemm c transposes its input"),
            tuple("scale", "used by Mul mul, no matrix product"),
            tuple("tied", "used in both orientations, the second time by Gemm b"));
  }

  /** The graph with other numbers in the place of W. */
  private static OnnxModel withWeights(OnnxModel model, LinearLayer layer, Matrix w)
      throws ModelFormatException {
    Matrix stored = layer.layout() == LinearLayer.Layout.OUTPUTS_FIRST ? w : w.transposed();
    ModelProto.Builder proto = model.proto().toBuilder();
    GraphProto.Builder graph = proto.getGraphBuilder();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      if (graph.getInitializer(i).getName().equals(layer.tensor())) {
        graph.setInitializer(i, Tensors.of(layer.tensor(), stored));
      }
    }
    for (NodeProto.Builder node : graph.getNodeBuilderList()) {
      if (node.getOpType().equals("Constant")) {
        node.getAttributeBuilder(0).setT(Tensors.of("", stored));
      }
    }
    return OnnxModel.of(proto.build(), "replaced");
  }

  private static Rows logits(OnnxModel model, Rows rows) throws ModelFormatException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      return session.logits(rows);
    }
  }

  private static void assertClose(Rows found, Rows expected) {
    assertThat(found.width()).isEqualTo(expected.width());
    double scale = 0;
    for (float v : expected.toArray()) {
      scale = Math.max(scale, Math.abs(v));
    }
    assertThat(found.toArray()).containsExactly(expected.toArray(), within((float) (1e-4 * scale)));
  }
}
