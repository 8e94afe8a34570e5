package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.rankfall.compress.Decomposition.Channel;
import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import io.rankfall.compress.GraphSurgery.Replacement;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.spectra.Tucker2;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each decomposition of each kind of convolution, run beside the same graph with kernel K̂. */
class FactoredConvolutionTest {
  private static final int IN = 4;
  private static final int OUT = 5;
  private static final double TOLERANCE = 1e-4;

  private static AttributeProto numbers(String name, long... values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INTS)
        .addAllInts(LongStream.of(values).boxed().toList())
        .build();
  }

  private static AttributeProto text(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(com.google.protobuf.ByteString.copyFromUtf8(value))
        .build();
  }

  private static List<List<AttributeProto>> attributes(long... kernel) {
    List<List<AttributeProto>> all = new ArrayList<>();
    for (long[] strides : new long[][] {{1, 1}, {2, 1}, {2, 3}}) {
      for (long[] dilations : new long[][] {{1, 1}, {2, 1}, {1, 2}}) {
        List<AttributeProto> padding = new ArrayList<>();
        for (long[] pads : new long[][] {{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 3, 2, 1}}) {
          padding.add(numbers("pads", pads));
        }
        // ONNX Runtime takes no dilations with the other modes.
        boolean dilated = dilations[0] * dilations[1] > 1;
        for (String mode :
            dilated ? List.of("VALID") : List.of("VALID", "SAME_UPPER", "SAME_LOWER")) {
          padding.add(text("auto_pad", mode));
        }
        for (AttributeProto pads : padding) {
          all.add(
              List.of(
                  numbers("strides", strides),
                  numbers("dilations", dilations),
                  numbers("kernel_shape", kernel),
                  pads));
        }
      }
    }
    return all;
  }

  private static NodeProto.Builder conv(String name, String out, String... in) {
    return NodeProto.newBuilder()
        .setOpType("Conv")
        .setName(name)
        .addAllInput(List.of(in))
        .addOutput(out);
  }

  private static long[] dims(long... kernel) {
    return LongStream.concat(LongStream.of(OUT, IN), Arrays.stream(kernel)).toArray();
  }

  private static OnnxModel model(
      Matrix kernel, long[] size, long[] input, List<AttributeProto> attributes, boolean bias)
      throws ModelFormatException {
    GraphProto.Builder graph =
        GraphProto.newBuilder().addInitializer(Tensors.of("k", kernel.toArray(), dims(size)));
    NodeProto.Builder node = conv("conv", "y", "x", "k");
    if (bias) {
      graph.addInitializer(Tensors.of("b", new float[] {1, -2, 3, .5f, 0}, OUT));
      node.addInput("b");
    }
    return FactoredGraphTest.model(graph.addNode(node.addAllAttribute(attributes)), input);
  }

  @ParameterizedTest(name = "{0}x{1}")
  @CsvSource({"1,1", "3,3", "5,5", "1,7", "4,2"})
  void equalsTheGraphWithTheKernelThatItsFactorsMake(int height, int width) throws Exception {
    SplittableRandom random = new SplittableRandom(31 * height + width);
    long[] size = {height, width};
    long[] input = {IN, 13, 14};
    Rows rows = Networks.rows(3, 2, IN * 13 * 14);
    boolean bias = false;
    for (List<AttributeProto> attributes : attributes(size)) {
      bias = !bias;
      Matrix kernel = Matrix.gaussian(OUT, IN * height * width, random);
      check(model(kernel, size, input, attributes, bias), kernel, rows, input, bias);
    }
  }

  static List<Arguments> otherDimensions() {
    return List.of(
        Arguments.of(
            new long[] {5},
            new long[] {IN, 21},
            List.of(numbers("strides", 2), numbers("pads", 3, 1), numbers("dilations", 2))),
        Arguments.of(new long[] {3}, new long[] {IN, 9}, List.of()),
        Arguments.of(
            new long[] {2, 3, 3},
            new long[] {IN, 5, 6, 7},
            List.of(numbers("strides", 1, 2, 1), numbers("pads", 0, 1, 2, 1, 0, 2))));
  }

  @ParameterizedTest
  @MethodSource("otherDimensions")
  void ofOneAndThreeDimensionsToo(long[] size, long[] input, List<AttributeProto> attributes)
      throws Exception {
    int positions = (int) Arrays.stream(size).reduce(1, (a, b) -> a * b);
    Matrix kernel = Matrix.gaussian(OUT, IN * positions, new SplittableRandom(8));
    int width = (int) Arrays.stream(input).reduce(1, (a, b) -> a * b);
    Rows rows = Networks.rows(3, 2, width);
    check(model(kernel, size, input, attributes, true), kernel, rows, input, true);
  }

  private static void check(OnnxModel model, Matrix kernel, Rows rows, long[] input, boolean bias)
      throws Exception {
    Convolution layer = (Convolution) model.layers().get(0);
    assertThat(layer.weight().matrix()).isEqualTo(kernel);
    Factorization factorization = Factorization.of(layer);
    Rows dense = Networks.outputs(model, rows);
    List<Decomposition> full = new ArrayList<>(List.of(new Channel(kernel.fullRank())));
    List<Decomposition> low = new ArrayList<>(List.of(new Channel(2)));
    if (layer.isSeparable()) {
      full.add(new Spatial(layer.spatial().fullRank()));
      low.add(new Spatial(2));
    }
    if (layer.positions() > 1) {
      full.add(new Tucker(IN, OUT));
      low.add(new Tucker(3, 2));
    }
    for (Decomposition how : full) {
      assertClose(Networks.outputs(factored(model, layer, factorization.at(how)), rows), dense);
    }
    for (Decomposition how : low) {
      Factors factors = factorization.at(how);
      OnnxModel made = factored(model, layer, factors);
      Matrix reconstructed = kernel(layer, factors);
      assertThat(Math.pow(kernel.minus(reconstructed).frobeniusNorm(), 2))
          .isCloseTo(theory(layer, how), within(1e-5 * Math.pow(kernel.frobeniusNorm(), 2)));
      OnnxModel expected =
          model(
              reconstructed,
              layer.kernel().stream().mapToLong(k -> k).toArray(),
              input,
              model.proto().getGraph().getNode(0).getAttributeList(),
              bias);
      assertClose(Networks.outputs(made, rows), Networks.outputs(expected, rows));
    }
  }

  /** The smallest squared error there can be; of Tucker-2 what the projections leave out. */
  private static double theory(Convolution layer, Decomposition how) {
    if (how instanceof Tucker t) {
      return Tucker2.of(layer.weight().matrix(), IN).loss(t.outputRank(), t.inputRank());
    }
    double[] sigma =
        Spectrum.of(how instanceof Spatial ? arranged(layer) : layer.weight().matrix()).toArray();
    return Arrays.stream(sigma).skip(how.rank()).map(s -> s * s).sum();
  }

  /** (C_in·k_h) × (C_out·k_w). */
  private static Matrix arranged(Convolution layer) {
    int height = layer.kernel().get(0);
    int width = layer.kernel().get(1);
    float[] values = new float[(int) layer.weight().matrix().size()];
    for (int o = 0; o < OUT; o++) {
      for (int c = 0; c < IN; c++) {
        for (int i = 0; i < height; i++) {
          for (int j = 0; j < width; j++) {
            values[(c * height + i) * OUT * width + o * width + j] =
                layer.weight().matrix().get(o, (c * height + i) * width + j);
          }
        }
      }
    }
    return Matrix.of(IN * height, OUT * width, values);
  }

  /** K̂ by the definition of each decomposition. */
  private static Matrix kernel(Convolution layer, Factors factors) {
    Matrix first = factors.matrices().get(0);
    Matrix second = factors.matrices().get(1);
    if (factors.how() instanceof Channel) {
      return second.times(first);
    }
    int positions = layer.positions();
    float[] values = new float[OUT * IN * positions];
    for (int o = 0; o < OUT; o++) {
      for (int c = 0; c < IN; c++) {
        for (int p = 0; p < positions; p++) {
          double sum = 0;
          if (factors.how() instanceof Spatial) {
            int width = layer.kernel().get(1);
            int row = c * layer.kernel().get(0) + p / width;
            for (int q = 0; q < first.rows(); q++) {
              sum += (double) second.get(o * width + p % width, q) * first.get(q, row);
            }
          } else {
            Matrix third = factors.matrices().get(2);
            for (int a = 0; a < second.rows(); a++) {
              for (int b = 0; b < first.rows(); b++) {
                sum +=
                    (double) third.get(o, a) * second.get(a, b * positions + p) * first.get(b, c);
              }
            }
          }
          values[(o * IN + c) * positions + p] = (float) sum;
        }
      }
    }
    return Matrix.of(OUT, IN * positions, values);
  }

  @Test
  void aSharedKernelStaysShared() throws Exception {
    Matrix kernel = Matrix.gaussian(OUT, IN * 9, new SplittableRandom(2));
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("k", kernel.toArray(), dims(3, 3)))
            .addNode(
                conv("one", "p", "x", "k")
                    .addAttribute(numbers("strides", 2, 2))
                    .addAttribute(numbers("pads", 1, 1, 1, 1)))
            .addNode(conv("two", "q", "x", "k").addAttribute(numbers("strides", 3, 3)))
            .addNode(NodeProto.newBuilder().setOpType("Flatten").addInput("p").addOutput("p.left"))
            .addNode(NodeProto.newBuilder().setOpType("Flatten").addInput("q").addOutput("q1"))
            .addNode(
                NodeProto.newBuilder()
                    .setOpType("Concat")
                    .addInput("p.left")
                    .addInput("q1")
                    .addAttribute(
                        AttributeProto.newBuilder()
                            .setName("axis")
                            .setType(AttributeProto.AttributeType.INT)
                            .setI(1))
                    .addOutput("y"));
    OnnxModel model = FactoredGraphTest.model(graph, IN, 11, 11);
    assertThat(model.layers()).hasSize(1);
    Convolution layer = (Convolution) model.layers().get(0);
    assertThat(layer.nodes()).containsExactly(0, 1);
    Rows rows = Networks.rows(3, 2, IN * 11 * 11);
    Factorization factorization = Factorization.of(layer);
    for (Decomposition how : List.of(new Channel(OUT), new Spatial(IN * 3), new Tucker(IN, OUT))) {
      Factors factors = factorization.at(how);
      OnnxModel factored = factored(model, layer, factors);
      assertThat(factored.parameters())
          .isEqualTo(factors.matrices().stream().mapToLong(Matrix::size).sum());
      assertClose(Networks.outputs(factored, rows), Networks.outputs(model, rows));
    }
  }

  @Test
  void whatIsNotFactoredSaysWhy() throws Exception {
    OnnxModel model = OnnxModel.read(ModelFilesTest.models().resolve("convolutions.onnx"));
    assertThat(model.layers()).extracting(Layer::name).containsExactly("/one/Conv", "/three/Conv");
    assertThat(model.skipped())
        .extracting(SkippedWeight::shape, SkippedWeight::reason)
        .containsExactlyInAnyOrder(
            tuple("12x4x3x3", "Conv /grouped/Conv has 2 groups: only those of one are factored"),
            tuple("24x1x3x3", "Conv /depthwise/Conv is depthwise: each kernel sees one channel"),
            tuple("24x10x2x2", "used by ConvTranspose /up/ConvTranspose, no matrix product"),
            tuple(
                "10x6x3x3", "used by ConvTranspose /up_grouped/ConvTranspose, no matrix product"));
    Matrix kernel = Matrix.gaussian(OUT, IN * 9, new SplittableRandom(2));
    OnnxModel odd =
        model(
            kernel,
            new long[] {3, 3},
            new long[] {IN, 5, 5},
            List.of(numbers("strides", 1, 1, 1)),
            false);
    assertThat(odd.skipped())
        .extracting(SkippedWeight::reason)
        .containsExactly("Conv conv: its attributes do not fit a kernel of 3x3");
  }

  private static OnnxModel factored(OnnxModel model, Layer layer, Factors factors) {
    return GraphSurgery.apply(model, List.of(new Replacement(layer, factors, Map.of())));
  }

  private static void assertClose(Rows found, Rows expected) {
    assertThat(found.width()).isEqualTo(expected.width());
    assertThat(Networks.distance(found, expected)).isLessThan(TOLERANCE);
  }
}
