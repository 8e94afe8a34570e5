package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rankfall.compress.NarrowedGraph.Cut;
import io.rankfall.spectra.ColumnSelection;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.SymmetricMatrix;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which units can be taken out of a graph, and that nothing else goes with them. */
class HiddenUnitsTest {
  private static final int IN = 8;
  private static final int HALF = 6;
  private static final int UNITS = 2 * HALF;
  private static final int OUT = 4;

  /** What the ridge of 10⁻³ leaves of an error. */
  private static final double EXACT = 0.015;

  /**
   * A graph in which unit {@code HALF + i} does what unit i does, so that the second half can go
   * and leave the outputs as they were.
   */
  private static final class Twins {
    private final SplittableRandom random = new SplittableRandom(11);
    private final GraphProto.Builder graph = GraphProto.newBuilder();

    /** W1 and W2 of two MatMuls, b1 and b2. */
    Twins() {
      initializer("w1", twice(Matrix.gaussian(HALF, IN, random)).transposed());
      vector("b1", twice(Matrix.gaussian(HALF, 1, random)).toArray());
      initializer("w2", Matrix.gaussian(UNITS, OUT, random));
      vector("b2", Matrix.gaussian(1, OUT, random).toArray());
    }

    private static Matrix twice(Matrix half) {
      float[] values = new float[2 * (int) half.size()];
      System.arraycopy(half.toArray(), 0, values, 0, values.length / 2);
      System.arraycopy(half.toArray(), 0, values, values.length / 2, values.length / 2);
      return Matrix.of(2 * half.rows(), half.cols(), values);
    }

    Twins initializer(String name, Matrix values) {
      graph.addInitializer(Tensors.of(name, values));
      return this;
    }

    Twins vector(String name, float... values) {
      graph.addInitializer(Tensors.of(name, values, values.length));
      return this;
    }

    /** Positive, for variances, and the same for twins. */
    Twins twinVector(String name) {
      float[] values = twice(Matrix.gaussian(HALF, 1, random)).toArray();
      for (int i = 0; i < values.length; i++) {
        values[i] = 0.5f + Math.abs(values[i]);
      }
      return vector(name, values);
    }

    Twins node(String type, String out, String... in) {
      graph.addNode(
          NodeProto.newBuilder()
              .setOpType(type)
              .setName("n" + graph.getNodeCount())
              .addAllInput(List.of(in))
              .addOutput(out));
      return this;
    }

    Twins with(AttributeProto attribute) {
      graph.getNodeBuilder(graph.getNodeCount() - 1).addAttribute(attribute);
      return this;
    }

    /** h = x·W1 + b1. */
    Twins hidden() {
      return node("MatMul", "p1", "x", "w1").node("Add", "h", "p1", "b1");
    }

    /** y = a·W2 + b2. */
    Twins read(String a) {
      return node("MatMul", "p2", a, "w2").node("Add", "y", "b2", "p2");
    }

    OnnxModel model(long... dims) throws ModelFormatException {
      return FactoredGraphTest.model(graph, dims);
    }
  }

  private static AttributeProto real(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  static Stream<Arguments> removable() throws ModelFormatException {
    AttributeProto transposed =
        AttributeProto.newBuilder().setName("transB").setType(AttributeType.INT).setI(1).build();
    Twins constants = new Twins().hidden().node("Relu", "a", "h").read("a");
    return Stream.of(
        Arguments.of("Relu", new Twins().hidden().node("Relu", "a", "h").read("a").model(IN)),
        Arguments.of("no activation", new Twins().hidden().read("h").model(IN)),
        Arguments.of(
            "sequences", new Twins().hidden().node("Tanh", "a", "h").read("a").model(3, IN)),
        Arguments.of(
            "GELU by erf",
            new Twins()
                .vector("root", 1.41421f)
                .vector("one", 1)
                .vector("half", 0.5f)
                .hidden()
                .node("Div", "d", "h", "root")
                .node("Erf", "e", "d")
                .node("Add", "s", "e", "one")
                .node("Mul", "m", "h", "s")
                .node("Mul", "a", "half", "m")
                .read("a")
                .model(3, IN)),
        Arguments.of(
            "two Gemm, normalised",
            new Twins()
                .twinVector("gamma")
                .twinVector("beta")
                .twinVector("mean")
                .twinVector("variance")
                .initializer("w3", Matrix.gaussian(OUT, UNITS, new SplittableRandom(2)))
                .node("Gemm", "h", "x", "w1", "b1")
                .with(real("alpha", 0.5f))
                .node("BatchNormalization", "n", "h", "gamma", "beta", "mean", "variance")
                .node("LeakyRelu", "a", "n")
                .with(real("alpha", 0.2f))
                .node("Gemm", "y", "a", "w3", "b2")
                .with(transposed)
                .with(real("alpha", 3))
                .with(real("beta", 2))
                .model(IN)),
        Arguments.of(
            "a slope for each unit",
            new Twins().twinVector("s").hidden().node("PRelu", "a", "h", "s").read("a").model(IN)),
        Arguments.of(
            "two readers, one without bias",
            new Twins()
                .initializer("w3", Matrix.gaussian(UNITS, OUT, new SplittableRandom(2)))
                .hidden()
                .node("Relu", "a", "h")
                .node("MatMul", "q", "a", "w3")
                .node("MatMul", "p2", "a", "w2")
                .node("Add", "s", "p2", "b2")
                .node("Mul", "y", "q", "s")
                .model(IN)),
        Arguments.of("weights in Constant nodes", asConstants(constants).model(IN)));
  }

  private static Twins asConstants(Twins twins) {
    GraphProto.Builder graph = twins.graph;
    for (String name : List.of("w1", "w2")) {
      int at = name.equals("w1") ? 0 : 1;
      graph.addNode(
          0,
          NodeProto.newBuilder()
              .setOpType("Constant")
              .setName("constant " + name)
              .addOutput(name)
              .addAttribute(
                  AttributeProto.newBuilder()
                      .setName("value")
                      .setType(AttributeType.TENSOR)
                      .setT(graph.getInitializer(at))));
      graph.removeInitializer(at);
    }
    return twins;
  }

  /** One of each pair goes, its twin makes up for it: outputs stay, up to the ridge. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("removable")
  void unitsWithTwinsGoWithoutATrace(String name, OnnxModel model) throws Exception {
    List<HiddenUnits> found = HiddenUnits.of(model);
    assertThat(found).hasSize(1);
    HiddenUnits units = found.get(0);
    assertThat(units.width()).isEqualTo(UNITS);
    ModelInputs examples = inputs(model);
    Calibration seen = Calibration.gather(model, examples);
    InputMoments moments = seen.of(units.readers().get(0).uses().get(0));
    SymmetricMatrix c = moments.secondMoment();
    SymmetricMatrix ones = SymmetricMatrix.of(OUT, identity(OUT));
    Matrix w = units.readers().get(0).weight().matrix();
    ColumnSelection selection = ColumnSelection.of(c, ones.mappedBy(w.transposed()));
    OnnxModel small = NarrowedGraph.of(model, List.of(new Cut(units, selection, HALF, moments)));
    double lost = Networks.distance(outputs(small), outputs(model));
    assertThat(lost).isLessThan(EXACT);
    int readers = units.readers().size();
    assertThat(model.parameters() - small.parameters())
        .isEqualTo((long) HALF * (IN + units.vectors().size() + readers * OUT));
    // Without a twin left, something must be missing.
    OnnxModel one = NarrowedGraph.of(model, List.of(new Cut(units, selection, 1, moments)));
    assertThat(Networks.distance(outputs(one), outputs(model))).isGreaterThan(3 * lost);
  }

  static Stream<Arguments> notRemovable() throws ModelFormatException {
    SplittableRandom random = new SplittableRandom(3);
    Matrix other = Matrix.gaussian(IN, UNITS, random);
    Matrix square = Matrix.gaussian(UNITS, UNITS, random);
    Twins output = new Twins().hidden().node("Relu", "a", "h").read("a");
    output.graph.addOutput(ValueInfoProto.newBuilder().setName("a"));
    Twins declared = new Twins().hidden().node("Relu", "a", "h").read("a");
    ValueInfoProto.Builder weights = ValueInfoProto.newBuilder().setName("w1");
    var type = weights.getTypeBuilder().getTensorTypeBuilder().setElemType(DataType.FLOAT_VALUE);
    type.getShapeBuilder().addDimBuilder().setDimValue(IN);
    type.getShapeBuilder().addDimBuilder().setDimValue(UNITS);
    declared.graph.addInput(weights);
    return Stream.of(
        Arguments.of("an output", output.model(IN)),
        Arguments.of("weights that callers may replace", declared.model(IN)),
        Arguments.of(
            "a residual connection",
            new Twins()
                .initializer("w3", other)
                .node("MatMul", "r", "x", "w3")
                .hidden()
                .node("Add", "a", "h", "r")
                .read("a")
                .model(IN)),
        Arguments.of(
            "units that act on each other",
            new Twins().hidden().node("Softmax", "a", "h").read("a").model(IN)),
        Arguments.of(
            "a bias with two readers",
            new Twins()
                .hidden()
                .node("Relu", "a", "h")
                .node("Mul", "s", "a", "b1")
                .read("s")
                .model(IN)),
        Arguments.of(
            "weights used twice",
            new Twins()
                .initializer("w3", square)
                .hidden()
                .node("MatMul", "c", "h", "w3")
                .node("MatMul", "d", "c", "w3")
                .node("Softmax", "a", "d")
                .read("a")
                .model(IN)),
        Arguments.of(
            "a reader of the units as weights",
            new Twins()
                .hidden()
                .node("Transpose", "t", "h")
                .node("MatMul", "g", "h", "t")
                .node("ReduceMean", "y", "g")
                .model(IN)),
        Arguments.of(
            "readers of different values",
            new Twins()
                .initializer("w3", Matrix.gaussian(UNITS, OUT, random))
                .hidden()
                .node("Relu", "a", "h")
                .node("MatMul", "q", "h", "w3")
                .node("MatMul", "r", "a", "w2")
                .node("Add", "y", "q", "r")
                .model(IN)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("notRemovable")
  void unitsThatSomethingElseReadsStay(String name, OnnxModel model) {
    assertThat(HiddenUnits.of(model)).isEmpty();
  }

  @Test
  void layersInARowHaveUnitsBetweenEachPair() throws Exception {
    OnnxModel model = Networks.mlp(1, 7, 9, 8, 3);
    assertThat(HiddenUnits.of(model))
        .extracting(HiddenUnits::width, HiddenUnits::vectors)
        .containsExactly(tuple(9, Set.of("fc1.bias")), tuple(8, Set.of("fc2.bias")));
  }

  private static double[] identity(int n) {
    double[] values = new double[n * n];
    for (int i = 0; i < n; i++) {
      values[i * n + i] = 1;
    }
    return values;
  }

  private static ModelInputs inputs(OnnxModel model) {
    int width =
        model.inputs().get(0).dimensions().stream()
            .skip(1)
            .mapToInt(Integer::parseInt)
            .reduce(1, (a, b) -> a * b);
    return ModelInputs.of(Networks.rows(5, 300, width));
  }

  private static Rows outputs(OnnxModel model) throws ModelFormatException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      return session.firstOutput(inputs(model));
    }
  }
}
