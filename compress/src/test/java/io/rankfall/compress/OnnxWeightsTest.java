package io.rankfall.compress;

import static io.rankfall.compress.WeightGraphs.W;
import static io.rankfall.compress.WeightGraphs.body;
import static io.rankfall.compress.WeightGraphs.integer;
import static io.rankfall.compress.WeightGraphs.node;
import static io.rankfall.compress.WeightGraphs.only;
import static io.rankfall.compress.WeightGraphs.product;
import static io.rankfall.compress.WeightGraphs.reason;
import static io.rankfall.compress.WeightGraphs.tensor;
import static io.rankfall.compress.WeightGraphs.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.ProductSpectrum;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which constants of a graph are weights, and where their numbers are. */
final class OnnxWeightsTest {
  @TempDir private Path directory = Path.of("");

  @Test
  void namesAreThoseThatCompressionUses() throws Exception {
    OnnxModel model = Networks.mlp(1, 6, 8, 4);
    Path path = directory.resolve("m.onnx");
    model.write(path);
    ModelWeights weights = ModelWeights.open(path);
    assertThat(weights.matrices())
        .extracting(StoredMatrix::name)
        .isEqualTo(model.layers().stream().map(Layer::name).toList());
    assertThat(weights.parameters()).isEqualTo(model.parameters());
    for (int i = 0; i < 2; i++) {
      assertThat(weights.matrices().get(i).read()).isEqualTo(model.layers().get(i).weight());
    }
  }

  @Test
  void everyFloatingTypeIsRead() throws Exception {
    // 1, -2, 0.5, 3, -0.25, 4 as inputs × outputs.
    Matrix expected = Matrix.of(2, 3, 1, .5f, -.25f, -2, 3, 4);
    float[] stored = {1, -2, .5f, 3, -.25f, 4};
    ByteBuffer half = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer brain = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer wide = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
    TensorProto.Builder typedFloats = TensorProto.newBuilder().setName("w").setDataType(1);
    TensorProto.Builder typedHalves = TensorProto.newBuilder().setName("w").setDataType(10);
    TensorProto.Builder typedDoubles = TensorProto.newBuilder().setName("w").setDataType(11);
    short[] halves = {0x3c00, (short) 0xc000, 0x3800, 0x4200, (short) 0xb400, 0x4400};
    for (int i = 0; i < 6; i++) {
      half.putShort(halves[i]);
      brain.putShort((short) (Float.floatToIntBits(stored[i]) >> 16));
      wide.putDouble(stored[i]);
      typedFloats.addFloatData(stored[i]);
      typedHalves.addInt32Data(halves[i] & 0xffff);
      typedDoubles.addDoubleData(stored[i]);
    }
    for (TensorProto w :
        List.of(
            tensor(DataType.FLOAT16, half.array(), 3, 2),
            tensor(DataType.BFLOAT16, brain.array(), 3, 2),
            tensor(DataType.DOUBLE, wide.array(), 3, 2),
            typedFloats.addDims(3).addDims(2).build(),
            typedHalves.addDims(3).addDims(2).build(),
            typedDoubles.addDims(3).addDims(2).build())) {
      assertThat(only(directory, product(w)).read().matrix())
          .as("%s", w.getDataType())
          .isEqualTo(expected);
    }
  }

  @Test
  void fp8OfSafetensorsIsDecodedAsItsDefinitionSays() {
    ElementType e4m3 = ElementType.F8_E4M3;
    ElementType e5m2 = ElementType.F8_E5M2;
    assertThat(e4m3.ofBits(0x38)).isEqualTo(1f);
    assertThat(e4m3.ofBits(0x7e)).isEqualTo(448f);
    assertThat(e4m3.ofBits(0x81)).isEqualTo(-0x1p-9f);
    assertThat(e4m3.ofBits(0x08)).isEqualTo(0x1p-6f);
    assertThat(e4m3.ofBits(0x7f)).isNaN();
    assertThat(e5m2.ofBits(0x3c)).isEqualTo(1f);
    assertThat(e5m2.ofBits(0x7b)).isEqualTo(57344f);
    assertThat(e5m2.ofBits(0x81)).isEqualTo(-0x1p-16f);
    assertThat(e5m2.ofBits(0x7c)).isInfinite();
  }

  @Test
  void aWeightIsFoundBehindConstantsTransposesAndCasts() throws Exception {
    TensorProto w = Tensors.of("inner", W);
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addNode(
                node("Constant", "", List.of(), "c")
                    .addAttribute(
                        AttributeProto.newBuilder()
                            .setName("value")
                            .setType(AttributeProto.AttributeType.TENSOR)
                            .setT(w)))
            .addNode(node("Cast", "", List.of("c"), "d").addAttribute(integer("to", 1)))
            .addNode(node("Transpose", "", List.of("d"), "e"))
            .addNode(node("MatMul", "fc", List.of("x", "e"), "y"));
    StoredMatrix matrix = only(directory, graph);
    assertThat(matrix.name()).isEqualTo("fc");
    assertThat(matrix.tensor()).isEqualTo("c");
    assertThat(matrix.read().matrix()).isEqualTo(W);
  }

  @Test
  void eitherSideOfAProductIsOutputsTimesInputs() throws Exception {
    TensorProto w = Tensors.of("w", W);
    GraphProto.Builder left =
        GraphProto.newBuilder()
            .addInitializer(w)
            .addNode(node("MatMul", "fc", List.of("w", "x"), "y"));
    assertThat(only(directory, left).read().matrix()).isEqualTo(W);
    assertThat(only(directory, product(w)).read().matrix()).isEqualTo(W.transposed());
    for (int transposed = 0; transposed < 2; transposed++) {
      GraphProto.Builder gemm =
          GraphProto.newBuilder()
              .addInitializer(w)
              .addNode(
                  node("Gemm", "fc", List.of("x", "w"), "y")
                      .addAttribute(integer("transB", transposed)));
      assertThat(only(directory, gemm).read().matrix())
          .isEqualTo(transposed == 1 ? W : W.transposed());
    }
  }

  @Test
  void aWeightOfSeveralNodesIsOneMatrix() throws Exception {
    GraphProto.Builder graph =
        product(Tensors.of("w", W)).addNode(node("MatMul", "again", List.of("z", "w"), "u"));
    StoredMatrix matrix = only(directory, graph);
    assertThat(matrix.name()).isEqualTo("fc");
    assertThat(ModelWeights.open(write(directory, graph)).parameters()).isEqualTo(35);
  }

  @Test
  void stackedWeightsAreAMatrixEach() throws Exception {
    float[] values = new float[2 * 3 * 4];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    ModelWeights weights =
        ModelWeights.open(write(directory, product(Tensors.of("w", values, 2, 3, 4))));
    assertThat(weights.matrices()).extracting(StoredMatrix::name).containsExactly("fc[0]", "fc[1]");
    assertThat(weights.matrices().get(1).read().matrix())
        .isEqualTo(Matrix.of(3, 4, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23).transposed());
    assertThat(reason(directory, product(Tensors.of("w", new float[5000 * 4], 5000, 2, 2))))
        .contains("5000 matrices of 2x2");
  }

  @Test
  void weightsInsideBodiesAndOfOuterScopesAreFound() throws Exception {
    GraphProto.Builder inside =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("own", W))
            .addNode(node("MatMul", "inner", List.of("x", "own"), "a"))
            .addNode(node("MatMul", "outer", List.of("x", "w"), "b"));
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("w", W))
            .addNode(node("Loop", "loop", List.of("n"), "y").addAttribute(body(inside)));
    assertThat(ModelWeights.open(write(directory, graph)).matrices())
        .extracting(StoredMatrix::name, StoredMatrix::tensor)
        .containsExactlyInAnyOrder(tuple("inner", "own"), tuple("outer", "w"));
  }

  @Test
  void aFusedAttentionHoldsThreeMatricesAndTwoProducts() throws Exception {
    Matrix stacked = Matrix.gaussian(6, 18, new SplittableRandom(1));
    Matrix output = Matrix.gaussian(6, 6, new SplittableRandom(2));
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("qkv", stacked))
            .addInitializer(Tensors.of("out", output))
            .addNode(
                node("Attention", "att", List.of("x", "qkv", "bias"), "a")
                    .setDomain("com.microsoft")
                    .addAttribute(integer("num_heads", 2)))
            .addNode(node("MatMul", "dense", List.of("a", "out"), "y"));
    Inspection inspection = Inspection.of(write(directory, graph));
    assertThat(inspection.matrices())
        .extracting(InspectedMatrix::name, InspectedMatrix::kind, InspectedMatrix::rows)
        .containsExactly(
            tuple("att.q", MatrixKind.ATTENTION, 6),
            tuple("att.k", MatrixKind.ATTENTION, 6),
            tuple("att.v", MatrixKind.ATTENTION, 6),
            tuple("dense", MatrixKind.LINEAR, 6));
    Matrix all = stacked.transposed();
    InspectedProduct scores = inspection.products().get(0);
    assertThat(scores.kind()).isEqualTo(InspectedProduct.Kind.QUERY_KEY);
    // The second head: rows 3 to 5 of the queries and of the keys.
    assertThat(scores.heads().get(1))
        .isEqualTo(ProductSpectrum.ofTransposedTimes(all.rows(9, 3), all.rows(3, 3)));
    InspectedProduct mixed = inspection.products().get(1);
    assertThat(mixed.heads().get(0).frobeniusNorm())
        .isCloseTo(
            output.rows(0, 3).transposed().times(all.rows(12, 3)).frobeniusNorm(), within(1e-4));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Attention          | 1 | 4,12 | n.q 4x4; n.k 4x4; n.v 4x4",
        "LongformerAttention| 4 | 4,12 | n.q 4x4; n.k 4x4; n.v 4x4",
        "DecoderAttention   | 2 | 4,6  | n 6x4",
        "DecoderAttention   | 3 | 4,12 | n.k 6x4; n.v 6x4",
        "EmbedLayerNormalization | 2 | 9,4 | n 9x4",
        "Gather             | 0 | 9,4  | n 9x4",
        "FusedMatMul        | 1 | 4,6  | n 6x4",
        "Conv               | 1 | 6,3,2| n 6x6",
        "RNN                | 2 | 1,5,5| n.R 5x5",
      })
  void operatorsHaveTheirWeightsWhereTheirDefinitionSays(
      String type, int slot, String dims, String expected) throws Exception {
    long[] shape =
        Stream.of(dims.split(",", -1)).mapToLong(d -> Long.parseLong(d.strip())).toArray();
    long count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    String[] inputs = {"a", "b", "c", "d", "e"};
    inputs[slot] = "w";
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("w", new float[(int) count], shape))
            .addNode(node(type.strip(), "n", List.of(inputs), "y"));
    assertThat(ModelWeights.open(write(directory, graph)).matrices())
        .extracting(m -> "%s %dx%d".formatted(m.name(), m.rows(), m.cols()))
        .containsExactly(expected.split("; ", -1));
  }

  @Test
  void anAttentionOperatorIsFollowedBackToItsProjections() throws Exception {
    SplittableRandom random = new SplittableRandom(4);
    GraphProto.Builder graph = GraphProto.newBuilder();
    Matrix[] weights = new Matrix[3];
    for (int i = 0; i < 3; i++) {
      // Two heads of width 3 for the queries, one for keys and values.
      weights[i] = Matrix.gaussian(6, i == 0 ? 6 : 3, random);
      graph
          .addInitializer(Tensors.of("w" + i, weights[i]))
          .addNode(node("MatMul", "p" + i, List.of("x", "w" + i), "v" + i));
    }
    graph.addNode(
        node("GroupQueryAttention", "/layer/gqa", List.of("v0", "v1", "v2"), "y")
            .setDomain("com.microsoft")
            .addAttribute(integer("num_heads", 2)));
    Inspection inspection = Inspection.of(write(directory, graph));
    assertThat(inspection.products()).hasSize(1);
    InspectedProduct product = inspection.products().get(0);
    assertThat(product.name()).isEqualTo("/layer");
    Matrix key = weights[1].transposed();
    assertThat(product.heads().get(1))
        .isEqualTo(ProductSpectrum.ofTransposedTimes(key, weights[0].transposed().rows(3, 3)));
  }

  @Test
  void whatIsNoMatrixProductIsNamedWithTheReason() throws Exception {
    TensorProto bytes = tensor(DataType.INT8, new byte[4], 2, 2);
    assertThat(
            reason(
                directory,
                GraphProto.newBuilder()
                    .addInitializer(bytes)
                    .addNode(node("DequantizeLinear", "dq", List.of("w", "s"), "f"))
                    .addNode(node("MatMul", "fc", List.of("x", "f"), "y"))))
        .isEqualTo("quantized: I8, used by MatMul fc");
    assertThat(
            reason(
                directory,
                GraphProto.newBuilder()
                    .addInitializer(tensor(DataType.UINT8, new byte[8], 2, 2, 2))
                    .addNode(node("MatMulNBits", "q4", List.of("x", "w"), "y"))))
        .isEqualTo("quantized: U8, used by MatMulNBits q4");
    assertThat(reason(directory, product(tensor(DataType.FLOAT8E4M3FN, new byte[4], 2, 2))))
        .startsWith("quantized: F8_E4M3");
    TensorProto w = Tensors.of("w", W);
    assertThat(
            reason(
                directory,
                GraphProto.newBuilder()
                    .addInitializer(w)
                    .addNode(node("Add", "pos", List.of("x", "w"), "y"))))
        .isEqualTo("used by Add pos, no matrix product");
    assertThat(reason(directory, product(w).addInitializer(Tensors.of("x", new float[5], 5))))
        .isEqualTo("both operands of MatMul fc are constant");
    assertThat(
            reason(
                directory,
                GraphProto.newBuilder()
                    .addInitializer(w)
                    .addNode(node("MatMul", "fc", List.of("x", "w"), "y").setDomain("my.own"))))
        .isEqualTo("used by MatMul fc, no matrix product");
    assertThat(
            reason(
                directory,
                GraphProto.newBuilder()
                    .addNode(node("Relu", "", List.of("x"), "y"))
                    .addSparseInitializer(
                        SparseTensorProto.newBuilder().setValues(w).addDims(9).addDims(9))))
        .isEqualTo("sparse weights are not read");
    assertThat(
            reason(
                directory,
                product(TensorProto.newBuilder(w).clearRawData().setDataType(99).build())))
        .startsWith("not read: numbers of type UNKNOWN");
  }

  @Test
  void functionsOfTheModelAreSearched() throws Exception {
    ModelProto model =
        ModelProto.newBuilder()
            .setGraph(product(Tensors.of("w", W)))
            .addFunctions(
                FunctionProto.newBuilder()
                    .setName("f")
                    .addNode(
                        node("Constant", "", List.of(), "c")
                            .addAttribute(
                                AttributeProto.newBuilder()
                                    .setName("value")
                                    .setT(Tensors.of("", W))))
                    .addNode(node("MatMul", "inFunction", List.of("x", "c"), "y")))
            .build();
    Path path = Files.write(directory.resolve("f.onnx"), model.toByteArray());
    assertThat(ModelWeights.open(path).matrices())
        .extracting(StoredMatrix::name)
        .containsExactly("fc", "inFunction");
  }
}
