package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.rankfall.compress.RankPlan.Factored;
import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Truncation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights that are not in single precision, and weights that reach their layer by a detour. */
class HalfPrecisionTest {
  private static final RankPolicy RANK_6 = new RankPolicy.Uniform(6);

  private static OnnxModel compressed(OnnxModel model) throws Exception {
    Compressor compressor = new Compressor(model);
    RankPlan plan = compressor.plan(RANK_6);
    assertThat(plan.layers()).allMatch(layer -> layer.choice() instanceof Factored);
    return compressor.apply(plan);
  }

  /** The roundings of two factors, of what is between them and of what comes out. */
  private static double tolerance(DataType type) {
    return type == DataType.FLOAT16 ? 0x1p-9 : type == DataType.BFLOAT16 ? 0x1p-6 : 1e-6;
  }

  private static ModelProto mlp(DataType type) throws ModelFormatException {
    return Networks.inType(Networks.mlp(1, 30, 40, 20).proto(), type);
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT16", "BFLOAT16", "DOUBLE"})
  void factorsHaveTheTypeOfTheirMatrix(DataType type) throws Exception {
    OnnxModel model = OnnxModel.of(mlp(type), "m");
    OnnxModel small = compressed(model);
    assertThat(small.proto().getGraph().getInitializerList())
        .hasSize(6)
        .allMatch(tensor -> Tensors.type(tensor) == type);
    assertThat(small.bytes()).isLessThan(model.bytes());
    for (int i = 0; i < 2; i++) {
      Matrix w = model.layers().get(i).weight().matrix();
      Matrix product =
          small
              .layers()
              .get(2 * i + 1)
              .weight()
              .matrix()
              .times(small.layers().get(2 * i).weight().matrix());
      Matrix best = Truncation.of(w).at(6).product();
      assertThat(product.minus(best).frobeniusNorm() / w.frobeniusNorm())
          .isLessThan(tolerance(type));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT16", "DOUBLE"})
  void whatResultsRunsInOnnxRuntime(DataType type) throws Exception {
    Rows rows = Networks.rows(1, 20, 30);
    Rows expected = Networks.outputs(compressed(OnnxModel.of(mlp(DataType.FLOAT), "m")), rows);
    Rows found = Networks.outputs(compressed(OnnxModel.of(mlp(type), "m")), rows);
    assertThat(Networks.distance(found, expected)).isLessThan(4 * tolerance(type));
  }

  static List<Decomposition> decompositions() {
    return List.of(
        new Decomposition.Channel(4), new Decomposition.Spatial(6), new Decomposition.Tucker(4, 8));
  }

  @ParameterizedTest
  @MethodSource("decompositions")
  void convolutionsInHalfPrecisionRun(Decomposition how) throws Exception {
    OnnxModel single = OnnxModel.read(ModelFilesTest.models().resolve("lenet.onnx"));
    OnnxModel half = OnnxModel.of(Networks.inType(single.proto(), DataType.FLOAT16), "lenet");
    assertThat(half.layers()).hasSameSizeAs(single.layers());
    Rows rows = Networks.rows(1, 5, 28 * 28);
    OnnxModel small = factored(half, how);
    assertThat(small.proto().getGraph().getInitializerList())
        .allMatch(tensor -> Tensors.type(tensor) != DataType.FLOAT);
    assertThat(
            Networks.distance(
                Networks.outputs(small, rows), Networks.outputs(factored(single, how), rows)))
        .isLessThan(8 * tolerance(DataType.FLOAT16));
  }

  private static OnnxModel factored(OnnxModel model, Decomposition how) {
    Compressor compressor = new Compressor(model);
    return compressor.factored(List.of(compressor.alone(model.layers().get(1), how)));
  }

  @Test
  void onnxRuntimeHasNoProductOfBfloat16AndSaysSo() throws Exception {
    OnnxModel small = compressed(OnnxModel.of(mlp(DataType.BFLOAT16), "m"));
    assertThatThrownBy(() -> OnnxRuntimeSession.of(small))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("a model that ONNX Runtime loads")
        .hasMessageContaining("NOT_IMPLEMENTED");
  }

  @Test
  void fittedToInputsTheBiasKeepsItsType() throws Exception {
    OnnxModel model =
        OnnxModel.of(Networks.inType(Networks.mlp(3, 20, 24).proto(), DataType.FLOAT16), "m");
    ModelInputs examples = ModelInputs.of(Networks.rows(4, 400, 20));
    Compressor compressor = Compressor.dataAware(model, examples);
    OnnxModel small = compressor.apply(compressor.plan(new RankPolicy.Uniform(2)));
    assertThat(small.proto().getGraph().getInitializerList())
        .hasSize(3)
        .allMatch(tensor -> Tensors.type(tensor) == DataType.FLOAT16);
    assertThat(small.floats("fc1.bias")).isNotEqualTo(model.floats("fc1.bias"));
    double[] dense = means(model, examples);
    double[] kept = means(small, examples);
    for (int i = 0; i < dense.length; i++) {
      assertThat(kept[i]).isCloseTo(dense[i], within(0.01));
    }
  }

  private static double[] means(OnnxModel model, ModelInputs examples) throws Exception {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      Rows rows = session.firstOutput(examples);
      return IntStream.range(0, rows.width())
          .mapToDouble(j -> IntStream.range(0, rows.count()).mapToDouble(i -> rows.get(i, j)).sum())
          .map(sum -> sum / rows.count())
          .toArray();
    }
  }

  @Test
  void factorsOfLargeNumbersFitBecauseTheyAreBalanced() {
    float[] values = Matrix.gaussian(300, 200, new SplittableRandom(1)).toArray();
    for (int i = 0; i < values.length; i++) {
      values[i] *= 12000;
    }
    Matrix w = Matrix.of(300, 200, values);
    LowRank best = Truncation.of(w).at(150);
    assertThat(max(best.left(), best.right())).isGreaterThan(65504);
    LowRank rounded = RoundedFactors.of(ElementType.F16, best);
    assertThat(max(rounded.left(), rounded.right())).isLessThan(3000);
    assertThat(rounded.product().minus(best.product()).frobeniusNorm() / w.frobeniusNorm())
        .isLessThan(tolerance(DataType.FLOAT16));
    assertThat(RoundedFactors.of(ElementType.F32, best)).isSameAs(best);
  }

  @Test
  void zerosStayZeros() {
    LowRank rounded =
        RoundedFactors.of(ElementType.F16, Truncation.of(Matrix.of(4, 4, new float[16])).at(2));
    assertThat(rounded.product()).isEqualTo(Matrix.of(4, 4, new float[16]));
  }

  private static float max(Matrix... matrices) {
    float max = 0;
    for (Matrix matrix : matrices) {
      for (float value : matrix.toArray()) {
        max = Math.max(max, Math.abs(value));
      }
    }
    return max;
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT16", "BFLOAT16", "DOUBLE"})
  void numbersStoredOneByOneAreReadToo(DataType type) throws Exception {
    ModelProto whole = mlp(type);
    ModelProto.Builder typed = whole.toBuilder();
    for (TensorProto.Builder tensor : typed.getGraphBuilder().getInitializerBuilderList()) {
      float[] values = Tensors.floats(tensor.build());
      byte[] raw = tensor.getRawData().toByteArray();
      tensor.clearRawData();
      for (int i = 0; i < values.length; i++) {
        if (type == DataType.DOUBLE) {
          tensor.addDoubleData(values[i]);
        } else {
          tensor.addInt32Data((raw[2 * i] & 0xff) | (raw[2 * i + 1] & 0xff) << 8);
        }
      }
    }
    OnnxModel read = OnnxModel.of(typed.build(), "m");
    assertThat(read.layers()).isEqualTo(OnnxModel.of(whole, "m").layers());
    assertThat(compressed(read).layers()).isEqualTo(compressed(OnnxModel.of(whole, "m")).layers());
    typed.getGraphBuilder().getInitializerBuilder(0).clearInt32Data().clearDoubleData();
    assertThatThrownBy(() -> OnnxModel.of(typed.build(), "m"))
        .hasMessageContaining("expected 1200 numbers for " + type)
        .hasMessageEndingWith("found 0 numbers");
  }

  private static NodeProto node(String type, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .setName("/" + output)
        .addAllInput(List.of(inputs))
        .addOutput(output)
        .build();
  }

  private static NodeProto cast(String output, String input, DataType to) {
    return node("Cast", output, input).toBuilder()
        .addAttribute(AppendedNodes.integer("to", to.getNumber()))
        .build();
  }

  private static ValueInfoProto value(String name, long width) {
    ValueInfoProto.Builder value = ValueInfoProto.newBuilder().setName(name);
    value
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .setElemType(DataType.FLOAT_VALUE)
        .getShapeBuilder()
        .addDim(Dimension.newBuilder().setDimParam("batch"))
        .addDim(Dimension.newBuilder().setDimValue(width));
    return value.build();
  }

  /** y = x·W + b, with W on its way from half precision in the given steps. */
  private static ModelProto detour(TensorProto w, NodeProto... steps) throws Exception {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("detour")
            .addInput(value("x", 30))
            .addOutput(value("y", 20))
            .addInitializer(w)
            .addInitializer(Tensors.of("b", new float[20], 20))
            .addAllNode(List.of(steps))
            .addNode(node("MatMul", "product", "x", "wide"))
            .addNode(node("Add", "y", "product", "b"));
    return Networks.mlp(1, 2, 2).proto().toBuilder().setGraph(graph).build();
  }

  private static TensorProto weights(DataType type, int rows, int cols) {
    TensorProto floats = Tensors.of("w", Matrix.gaussian(rows, cols, new SplittableRandom(2)));
    return Tensors.inTypeOf(TensorProto.newBuilder().setDataType(type.getNumber()).build(), floats);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cast", "transposed", "identity", "there and back"})
  void weightsReachTheirLayerByADetour(String how) throws Exception {
    ModelProto proto =
        switch (how) {
          case "cast" ->
              detour(weights(DataType.FLOAT16, 30, 20), cast("wide", "w", DataType.FLOAT));
          case "transposed" ->
              detour(
                  weights(DataType.FLOAT16, 20, 30),
                  node("Transpose", "t", "w"),
                  cast("wide", "t", DataType.FLOAT));
          case "identity" -> detour(weights(DataType.FLOAT, 30, 20), node("Identity", "wide", "w"));
          default ->
              detour(
                  weights(DataType.FLOAT, 20, 30),
                  node("Transpose", "t", "w"),
                  cast("half", "t", DataType.FLOAT16),
                  cast("wide", "half", DataType.FLOAT));
        };
    OnnxModel model = OnnxModel.of(proto, "m");
    assertThat(model.skipped()).isEmpty();
    OnnxModel small = compressed(model);
    int casts = how.equals("cast") || how.equals("transposed") ? 2 : 0;
    assertThat(small.proto().getGraph().getNodeList())
        .extracting(NodeProto::getOpType)
        .containsExactlyElementsOf(
            casts == 0
                ? List.of("MatMul", "MatMul", "Add")
                : List.of("Cast", "Cast", "MatMul", "MatMul", "Add"));
    assertThat(small.proto().getGraph().getInitializerList())
        .filteredOn(tensor -> !tensor.getName().equals("b"))
        .allMatch(
            tensor -> tensor.getDataType() == proto.getGraph().getInitializer(0).getDataType());
    Rows rows = Networks.rows(1, 10, 30);
    Matrix best =
        Truncation.of(model.layers().get(0).weight().matrix()).at(6).product().transposed();
    Rows expected = Rows.of(20, Matrix.of(10, 30, rows.toArray()).times(best).toArray());
    assertThat(Networks.distance(Networks.outputs(small, rows), expected))
        .isLessThan(4 * tolerance(DataType.FLOAT16));
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      ModelInputs inputs = ExampleInputs.of(session, 3);
      MacCount count = new MacCount(model, inputs.whole());
      assertThat(count.total()).isEqualTo(30 * 20);
      Layer layer = model.layers().get(0);
      Price price = new LatencyPrices(new Compressor(model), count).price(layer);
      assertThat(price.dense()).isPositive();
      assertThat(price.of(new Decomposition.Channel(1), 50)).isPositive();
    }
  }

  @Test
  void whatSomebodyElseReadsOnTheWayStays() throws Exception {
    ModelProto.Builder proto =
        detour(weights(DataType.FLOAT16, 30, 20), cast("wide", "w", DataType.FLOAT)).toBuilder();
    proto.getGraphBuilder().addNode(node("Identity", "more", "w"));
    OnnxModel model = OnnxModel.of(proto.build(), "m");
    assertThat(model.layers()).isEmpty();
    assertThat(model.skipped().get(0).reason()).isEqualTo("used by Cast /wide, no matrix product");
  }

  @Test
  void quantizedWeightsAreListedWithTheReason() throws Exception {
    TensorProto bytes =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(DataType.INT8_VALUE)
            .addDims(30)
            .addDims(20)
            .setRawData(ByteString.copyFrom(new byte[600]))
            .build();
    OnnxModel stored = OnnxModel.of(detour(bytes, node("DequantizeLinear", "wide", "w", "b")), "m");
    assertThat(stored.skipped())
        .containsExactly(
            new SkippedWeight("w", "30x20", "quantized: INT8 weights are left as they are"));
    OnnxModel simulated =
        OnnxModel.of(
            detour(
                weights(DataType.FLOAT, 30, 20),
                node("QuantizeLinear", "q", "w", "b"),
                node("DequantizeLinear", "wide", "q", "b")),
            "m");
    assertThat(simulated.skipped())
        .containsExactly(new SkippedWeight("w", "30x20", "quantized by QuantizeLinear /q"));
  }

  @Test
  void doublesBeyondSinglePrecisionAreLeftAlone() throws Exception {
    ModelProto.Builder proto = mlp(DataType.DOUBLE).toBuilder();
    TensorProto.Builder first = proto.getGraphBuilder().getInitializerBuilder(0);
    byte[] raw = first.getRawData().toByteArray();
    ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).putDouble(80, 1e200);
    first.setRawData(ByteString.copyFrom(raw));
    OnnxModel model = OnnxModel.of(proto.build(), "m");
    assertThat(model.layers()).hasSize(1);
    assertThat(model.skipped().get(0).reason()).isEqualTo("numbers beyond single precision");
  }
}
