package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import io.rankfall.spectra.WeightMatrix;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Held against PyTorch by {@code resnet18.txt}, which {@code resnet18.py} beside it writes. */
final class ResNet18Test {
  private static final Shape INPUT = new Shape(3, 32, 32);

  /** Single against double precision after two steps, relative to the norm of what is compared. */
  private static final double TOLERANCE = 2e-4;

  private static final int BATCH = 4;

  private static float[] drawn(int stream, Shape shape, double ofVectors) {
    return shape.dimension() == 1
        ? Golden.drawn(stream, shape.size(), 0.5, ofVectors)
        : Golden.drawn(stream, shape.size(), Math.sqrt(6.0 / shape.slice(1).size()), 0);
  }

  private static List<Parameter> trained(Block block) {
    return block.getParameters().values().stream().filter(Parameter::requiresGradient).toList();
  }

  private static List<float[]> values(Stream<Parameter> parameters) {
    return parameters.map(parameter -> parameter.getArray().toFloatArray()).toList();
  }

  private static Batch batch() {
    byte[] labels = new byte[BATCH];
    for (int i = 0; i < BATCH; i++) {
      labels[i] = (byte) (i * 3 % 10);
    }
    return Batch.range(
        Examples.of(3072, 10, Golden.drawn(0, BATCH * 3072L, 4, 0), labels), 0, BATCH);
  }

  private static List<double[]> golden(String name) throws IOException {
    return Golden.lines("resnet18.txt", name);
  }

  @Test
  void twoStepsAreThoseOfPytorch() throws IOException {
    Block block = ResNet18.block(10, 1);
    Optimizer optimizer = Cases.optimizer(0.05, 0.01, 0.9);
    List<Parameter> parameters = trained(block);
    for (int p = 0; p < parameters.size(); p++) {
      int stream = p + 1;
      boolean gamma = parameters.get(p).getName().equals("gamma");
      parameters
          .get(p)
          .setInitializer(
              (manager, shape, type) ->
                  PyTorch.copy(drawn(stream, shape, gamma ? 1 : 0), shape, manager));
    }
    try (BlockLearner learner = new BlockLearner(block, INPUT, optimizer)) {
      List<float[]> before = values(parameters.stream());

      for (double[] loss : golden("loss")) {
        assertThat(learner.step(batch(), 0.05).loss()).isCloseTo(loss[0], within(TOLERANCE));
      }

      List<float[]> after = values(parameters.stream());
      List<double[]> moved = golden("moved");
      assertThat(after).hasSameSizeAs(moved);
      for (int p = 0; p < moved.size(); p++) {
        assertNormAndFirst(
            "parameter %d".formatted(p), difference(after.get(p), before.get(p)), moved.get(p));
      }
      List<float[]> running =
          values(
              block.getParameters().stream()
                  .filter(named -> named.getKey().contains("running"))
                  .map(named -> named.getValue()));
      List<double[]> statistics = golden("running");
      assertThat(running).hasSameSizeAs(statistics);
      for (int p = 0; p < running.size(); p++) {
        assertNormAndFirst("statistics %d".formatted(p), running.get(p), statistics.get(p));
      }
      double[] logits = golden("logits").stream().flatMapToDouble(Arrays::stream).toArray();
      Cases.assertClose(learner.logits(batch()), floats(logits), TOLERANCE);
    }
  }

  private static void assertNormAndFirst(String what, float[] found, double[] golden) {
    double norm = golden[0];
    double sum = 0;
    for (float value : found) {
      sum += (double) value * value;
    }
    assertThat(Math.sqrt(sum)).as("norm of %s", what).isCloseTo(norm, within(TOLERANCE * norm));
    for (int i = 0; i < 3; i++) {
      assertThat((double) found[i])
          .as("%s[%d]", what, i)
          .isCloseTo(golden[i + 1], within(TOLERANCE * norm));
    }
  }

  private static float[] difference(float[] a, float[] b) {
    float[] difference = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - b[i];
    }
    return difference;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @Test
  void itHasTheParametersAndMatricesOfTheCifarVariant() {
    Block block = ResNet18.block(10, 1);
    try (BlockLearner learner = new BlockLearner(block, INPUT, Cases.optimizer(0.1, 0, 0))) {
      long parameters = trained(block).stream().mapToLong(p -> p.getArray().size()).sum();
      assertThat(parameters).isEqualTo(11_173_962);

      List<WeightMatrix> matrices = learner.weightMatrices();
      assertThat(matrices).hasSize(21);
      assertThat(matrices.stream().map(w -> w.matrix().rows() + "x" + w.matrix().cols()))
          .startsWith("64x27", "64x576", "64x576", "64x576", "64x576", "128x576", "128x1152")
          .endsWith("512x2304", "512x4608", "512x256", "512x4608", "512x4608", "10x512");
      assertThat(matrices.get(7).name()).isEqualTo("06ResidualBlock_02shortcut_01Conv2d");
    }
  }

  @Test
  void initialWeightsAreThoseOfTheSeedWithHesDeviation() {
    List<WeightMatrix> drawn = initial(1);

    assertThat(initial(1)).isEqualTo(drawn);
    assertThat(initial(2)).isNotEqualTo(drawn);
    // A 3x3 and a 1x1 convolution with 512 outputs, and the linear layer.
    assertThat(deviation(drawn.get(19))).isCloseTo(Math.sqrt(2.0 / (512 * 9)), within(1e-4));
    assertThat(deviation(drawn.get(17))).isCloseTo(Math.sqrt(2.0 / 512), within(1e-3));
    assertThat(deviation(drawn.get(20))).isCloseTo(1 / Math.sqrt(3.0 * 512), within(1e-3));
    for (float weight : drawn.get(20).matrix().toArray()) {
      assertThat(Math.abs(weight)).isLessThanOrEqualTo((float) (1 / Math.sqrt(512)));
    }
  }

  private static List<WeightMatrix> initial(long seed) {
    Block block = ResNet18.block(10, seed);
    try (BlockLearner learner = new BlockLearner(block, INPUT, Cases.optimizer(0.1, 0, 0))) {
      return learner.weightMatrices();
    }
  }

  private static double deviation(WeightMatrix weights) {
    return weights.matrix().frobeniusNorm() / Math.sqrt((double) weights.matrix().size());
  }

  @Test
  void aRerunGivesTheSameBits() {
    assertThat(twoSteps()).isEqualTo(twoSteps());
  }

  private static List<WeightMatrix> twoSteps() {
    Block block = ResNet18.block(10, 3);
    try (BlockLearner learner = new BlockLearner(block, INPUT, Cases.optimizer(0.05, 5e-4, 0.9))) {
      learner.step(batch(), 0.05);
      learner.step(batch(), 0.05);
      return learner.weightMatrices();
    }
  }

  @Test
  void otherNumbersOfClassesAndSizesOfImagesAreTaken() {
    Block block = ResNet18.block(3, 1);
    PyTorch pytorch = PyTorch.load();
    try (NDManager manager = pytorch.newManager()) {
      pytorch.run(
          "test",
          () -> {
            block.initialize(manager, DataType.FLOAT32, new Shape(1, 1, 24, 16));
            return block;
          });
      assertThat(block.getOutputShapes(new Shape[] {new Shape(5, 1, 24, 16)}))
          .containsExactly(new Shape(5, 3));
    }
  }
}
