package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Derivatives of single operators of convolutional networks against finite differences. */
class ConvolutionalGradientsTest {
  private static final float STEP = 1e-2f;

  /**
   * One operator.
   *
   * @param dims of its input without the batch
   * @param constants of its other inputs, in order
   */
  private record Case(
      String type,
      long opset,
      List<Long> dims,
      List<Object> constants,
      List<AttributeProto> attributes) {
    @Override
    public String toString() {
      return type
          + opset
          + dims
          + attributes.stream()
              .map(a -> a.getName() + a.getIntsList() + a.getS().toStringUtf8())
              .toList();
    }
  }

  private static AttributeProto ints(String name, long... values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INTS)
        .addAllInts(LongStream.of(values).boxed().toList())
        .build();
  }

  private static AttributeProto text(String name, String value) {
    return AppendedNodes.text(name, value);
  }

  private static AttributeProto integer(String name, long value) {
    return AppendedNodes.integer(name, value);
  }

  /** Dimensions of random weights. */
  private record Weights(List<Long> dims) {}

  private static Weights weights(long... dims) {
    return new Weights(LongStream.of(dims).boxed().toList());
  }

  private static Case of(
      String type, long opset, List<Long> dims, List<Object> constants, AttributeProto... all) {
    return new Case(type, opset, dims, constants, List.of(all));
  }

  private static final List<Long> IMAGE = List.of(4L, 7L, 8L);

  static Stream<Arguments> cases() {
    List<Case> all = new ArrayList<>();
    List<Object> kernel = List.of(weights(5, 4, 3, 3), weights(5));
    all.add(of("Conv", 13, IMAGE, kernel));
    all.add(of("Conv", 13, IMAGE, kernel, ints("strides", 2, 3), ints("pads", 1, 0, 2, 1)));
    all.add(of("Conv", 13, IMAGE, kernel, ints("dilations", 2, 1), ints("pads", 1, 1, 0, 2)));
    all.add(of("Conv", 9, IMAGE, kernel, ints("strides", 3, 2), text("auto_pad", "SAME_UPPER")));
    all.add(of("Conv", 17, IMAGE, kernel, ints("strides", 2, 2), text("auto_pad", "SAME_LOWER")));
    all.add(of("Conv", 13, IMAGE, kernel, ints("strides", 4, 4), text("auto_pad", "SAME_UPPER")));
    all.add(of("Conv", 13, IMAGE, kernel, ints("strides", 2, 3), text("auto_pad", "VALID")));
    List<Object> grouped = List.of(weights(6, 2, 3, 2));
    all.add(of("Conv", 13, IMAGE, grouped, integer("group", 2), ints("pads", 0, 1, 1, 0)));
    List<Object> depthwise = List.of(weights(4, 1, 3, 3));
    all.add(of("Conv", 13, IMAGE, depthwise, integer("group", 4), ints("strides", 2, 2)));
    all.add(of("Conv", 13, List.of(3L, 9L), List.of(weights(2, 3, 4)), ints("strides", 2)));
    all.add(
        of(
            "Conv",
            13,
            List.of(2L, 4L, 5L, 3L),
            List.of(weights(3, 2, 2, 3, 1)),
            ints("strides", 1, 2, 2),
            ints("pads", 1, 0, 0, 0, 1, 0)));
    List<Object> transposed = List.of(weights(4, 3, 3, 2), weights(3));
    all.add(of("ConvTranspose", 11, IMAGE, transposed, ints("strides", 2, 2)));
    all.add(
        of(
            "ConvTranspose",
            13,
            IMAGE,
            transposed,
            ints("strides", 2, 3),
            ints("pads", 1, 0, 0, 1),
            ints("output_padding", 1, 2)));
    AttributeProto pool = ints("kernel_shape", 3, 2);
    all.add(of("MaxPool", 13, IMAGE, List.of(), pool));
    all.add(
        of("MaxPool", 9, IMAGE, List.of(), pool, ints("strides", 2, 2), ints("pads", 1, 0, 1, 1)));
    all.add(
        of("MaxPool", 13, IMAGE, List.of(), pool, ints("strides", 3, 3), integer("ceil_mode", 1)));
    all.add(of("MaxPool", 13, IMAGE, List.of(), pool, text("auto_pad", "SAME_LOWER")));
    all.add(of("MaxPool", 13, List.of(6L, 20L), List.of(), ints("kernel_shape", 3)));
    all.add(of("AveragePool", 9, IMAGE, List.of(), pool, ints("strides", 3, 2)));
    all.add(of("AveragePool", 13, IMAGE, List.of(), pool, ints("pads", 1, 1, 1, 0)));
    all.add(
        of(
            "AveragePool",
            13,
            IMAGE,
            List.of(),
            pool,
            ints("pads", 1, 1, 1, 0),
            integer("count_include_pad", 1)));
    all.add(
        of(
            "AveragePool",
            13,
            IMAGE,
            List.of(),
            pool,
            ints("strides", 2, 2),
            text("auto_pad", "SAME_UPPER")));
    all.add(of("GlobalAveragePool", 13, IMAGE, List.of()));
    all.add(of("GlobalMaxPool", 13, IMAGE, List.of()));
    all.add(of("ReduceMean", 9, IMAGE, List.of(), ints("axes", 2, 3), integer("keepdims", 0)));
    all.add(of("ReduceSum", 11, IMAGE, List.of(), ints("axes", -1)));
    all.add(
        of(
            "BatchNormalization",
            9,
            IMAGE,
            List.of(weights(4), weights(4), weights(4), new float[] {.5f, 1, 2, 3})));
    all.add(of("Flatten", 13, IMAGE, List.of(), integer("axis", 2)));
    all.add(of("Clip", 9, IMAGE, List.of(), AppendedNodes.real("min", -.5f)));
    all.add(of("Clip", 13, IMAGE, List.of(-.5f, .7f)));
    all.add(of("LeakyRelu", 13, IMAGE, List.of(), AppendedNodes.real("alpha", .2f)));
    all.add(of("Elu", 13, IMAGE, List.of(), AppendedNodes.real("alpha", 1.5f)));
    all.add(of("PRelu", 13, IMAGE, List.of(weights(4, 1, 1))));
    all.add(of("HardSigmoid", 13, IMAGE, List.of(), AppendedNodes.real("alpha", .3f)));
    all.add(of("HardSwish", 14, IMAGE, List.of()));
    all.add(of("Softplus", 13, IMAGE, List.of()));
    all.add(of("Abs", 13, IMAGE, List.of()));
    all.add(of("Max", 13, IMAGE, List.of(weights(7, 8))));
    all.add(of("Min", 13, IMAGE, List.of(weights(1))));
    all.add(of("Softmax", 9, IMAGE, List.of(), integer("axis", 2)));
    all.add(of("Softmax", 13, IMAGE, List.of(), integer("axis", 1)));
    long[] pads = {0, 1, 0, 2, 0, 0, 3, 1};
    all.add(of("Pad", 13, IMAGE, List.of(pads)));
    all.add(of("Pad", 9, IMAGE, List.of(), ints("pads", pads)));
    all.add(of("Pad", 13, IMAGE, List.of(pads), text("mode", "reflect")));
    all.add(of("Pad", 13, IMAGE, List.of(pads), text("mode", "edge")));
    all.add(
        of(
            "Slice",
            9,
            IMAGE,
            List.of(),
            ints("starts", 1, 0),
            ints("ends", 3, -2),
            ints("axes", 1, 3)));
    all.add(
        of(
            "Slice",
            13,
            IMAGE,
            List.of(new long[] {6, 1}, new long[] {0, 8}, new long[] {2, 3}, new long[] {-2, 3})));
    all.add(of("Gather", 13, IMAGE, List.of(new long[] {1, 3, 1}), integer("axis", 1)));
    all.add(of("Tile", 13, IMAGE, List.of(new long[] {1, 2, 1, 3})));
    all.add(of("Unsqueeze", 11, IMAGE, List.of(), ints("axes", 1)));
    all.add(of("Split", 11, IMAGE, List.of(), integer("axis", 1), ints("split", 4)));
    all.add(of("Upsample", 9, IMAGE, List.of(new float[] {1, 1, 2, 3}), text("mode", "nearest")));
    all.add(
        of(
            "Resize",
            11,
            IMAGE,
            List.of(new float[0], new float[] {1, 1, 2, 2}),
            text("mode", "nearest"),
            text("coordinate_transformation_mode", "asymmetric"),
            text("nearest_mode", "floor")));
    return all.stream().map(Arguments::of);
  }

  private static OnnxModel model(Case op) throws ModelFormatException {
    GraphProto.Builder graph = GraphProto.newBuilder();
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setOpType(op.type)
            .setName("op")
            .addInput("x")
            .addOutput("y")
            .addAllAttribute(op.attributes);
    SplittableRandom random = new SplittableRandom(2);
    AppendedNodes constants = new AppendedNodes(GraphProto.getDefaultInstance(), "c");
    for (Object constant : op.constants) {
      String name = "constant" + node.getInputCount();
      if (constant instanceof Weights w) {
        long[] dims = w.dims.stream().mapToLong(d -> d).toArray();
        int count = (int) LongStream.of(dims).reduce(1, (a, b) -> a * b);
        float[] values = Matrix.gaussian(1, count, random).toArray();
        graph.addInitializer(Tensors.of(name, values, dims));
      } else if (constant instanceof float[] values) {
        graph.addInitializer(Tensors.of(name, values, values.length));
      } else if (constant instanceof Float value) {
        graph.addInitializer(Tensors.of(name, new float[] {value}));
      } else {
        name = constants.integers((long[]) constant);
      }
      node.addInput(name);
    }
    graph.addAllInitializer(constants.graph().getInitializerList()).addNode(node);
    long[] input = op.dims.stream().mapToLong(d -> d).toArray();
    OnnxModel newest = FactoredGraphTest.model(graph, input);
    ModelProto.Builder proto =
        newest.proto().toBuilder()
            .clearOpsetImport()
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(op.opset));
    proto
        .getGraphBuilder()
        .getOutputBuilder(0)
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .setElemType(DataType.FLOAT_VALUE);
    return OnnxModel.of(proto.build(), op.type);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void isThatOfFiniteDifferences(Case op) throws Exception {
    OnnxModel model = model(op);
    int width = (int) op.dims.stream().mapToLong(d -> d).reduce(1, (a, b) -> a * b);
    float[] x = Matrix.gaussian(2, width, new SplittableRandom(5)).toArray();
    OutputGradients.Differentiated differentiated = OutputGradients.of(model, Set.of("x"), 1);
    String gradient = Objects.requireNonNull(differentiated.gradients().get("x"));
    String direction =
        differentiated.model().proto().getGraph().getNodeList().stream()
            .filter(node -> node.getOpType().equals("RandomNormalLike"))
            .findFirst()
            .orElseThrow()
            .getOutput(0);
    float[] found;
    float[] v;
    try (InputProbe probe = new InputProbe(differentiated.model(), List.of(gradient, direction))) {
      OnnxRuntimeSession.Results results = probe.run(batch(x, width));
      found = results.of(gradient).toArray();
      v = results.of(direction).toArray();
      assertThat(results.shape(gradient)).isEqualTo(results.shape("x"));
    }
    double scale = 0;
    for (float g : found) {
      scale = Math.max(scale, Math.abs(g));
    }
    assertThat(scale).isPositive();
    int kinks = 0;
    try (InputProbe probe = new InputProbe(model, Set.of("y"))) {
      for (int i = 0; i < x.length; i += 5) {
        double middle = along(probe.run(batch(x, width)), v);
        double up = along(probe.run(batch(moved(x, i, STEP), width)), v) - middle;
        double down = middle - along(probe.run(batch(moved(x, i, -STEP), width)), v);
        // Between two pieces of a function neither is right.
        if (Math.abs(up - down) > 0.04 * scale * STEP) {
          kinks++;
        } else {
          assertThat((up + down) / (2 * STEP)).isCloseTo(found[i], within(0.03 * scale));
        }
      }
    }
    assertThat(kinks).isLessThan(x.length / 5 / 4);
  }

  private static ModelInputs.Batch batch(float[] x, int width) {
    return ModelInputs.of(Rows.of(width, x)).whole();
  }

  private static float[] moved(float[] x, int index, float by) {
    float[] moved = x.clone();
    moved[index] += by;
    return moved;
  }

  private static double along(OnnxRuntimeSession.Results results, float... v) {
    float[] y = results.of("y").toArray();
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += (double) y[i] * v[i];
    }
    return sum;
  }

  @Test
  void whatHasNoRuleIsNamed() throws Exception {
    for (Case op :
        List.of(
            of("Selu", 13, IMAGE, List.of()),
            of(
                "AveragePool",
                13,
                IMAGE,
                List.of(),
                ints("kernel_shape", 2, 2),
                integer("ceil_mode", 1)))) {
      OnnxModel model = model(op);
      assertThatThrownBy(() -> OutputGradients.of(model, Set.of("x"), 1))
          .isInstanceOf(NotDifferentiableException.class)
          .hasMessage("no derivative of %s op".formatted(op.type));
    }
    OnnxModel old = model(of("Relu", 8, IMAGE, List.of()));
    assertThatThrownBy(() -> OutputGradients.of(old, Set.of("x"), 1))
        .hasMessage("opset 8: expected 9 or later");
  }
}
