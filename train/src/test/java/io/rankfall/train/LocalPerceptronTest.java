package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.Mlp.Normalization;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LocalPerceptronTest {
  /** Six squares of 2×2, each of eight numbers. */
  private static final InputShape IMAGE = new InputShape(2, 4, 6);

  private static final InputShape FASHION = new InputShape(1, 28, 28);
  private static final int SQUARES = 6;
  private static final int EXAMPLES = 300;

  private static Mlp mlp(int hidden, Normalization normalization) {
    return new Mlp(IMAGE.size(), List.of(hidden, 9), 4, normalization);
  }

  private static Examples noise() {
    return Cases.noise(EXAMPLES, IMAGE.size(), 4, 5);
  }

  /** The square of each number of an image, told by its place alone. */
  private static int square(int input) {
    int x = input % 6;
    int y = input / 6 % 4;
    return y / 2 * 3 + x / 2;
  }

  private static float[] logits(Network network) {
    Optimizer optimizer = Cases.optimizer(0.1, 0, 0);
    try (Learner learner = LearnerKind.DJL.start(network, optimizer, EXAMPLES)) {
      return learner.logits(noise(), 0, EXAMPLES);
    }
  }

  /** A perceptron whose i-th unit sees only the square {@code of(i)}. */
  private static Network seeing(Network drawn, int... squareOf) {
    Map<String, Tensor> tensors = new HashMap<>(drawn.tensors());
    Matrix weight = drawn.tensor("fc1.weight").matrix();
    float[] values = weight.toArray();
    for (int i = 0; i < values.length; i++) {
      if (square(i % weight.cols()) != squareOf[i / weight.cols()]) {
        values[i] = 0;
      }
    }
    tensors.put("fc1.weight", Tensor.of(List.of(weight.rows(), weight.cols()), values));
    return new Network(drawn.architecture(), tensors);
  }

  @ParameterizedTest
  @EnumSource
  void aPerceptronThatIsLocalAlreadyComputesTheSame(Normalization normalization) {
    Network drawn = Cases.network(mlp(12, normalization), 3);
    Network dense = seeing(drawn, 5, 0, 1, 1, 4, 2, 3, 5, 0, 3, 2, 4);
    LocalPerceptron local = new LocalPerceptron(mlp(12, normalization), IMAGE, 2, 2);

    Network near = local.near(dense, noise());

    assertThat(near.tensor("fc1.weight").shape()).isEqualTo(List.of(SQUARES, 8, 2));
    float[] expected = logits(dense);
    float[] found = logits(near);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-4f));
    }
    assertThat(local.parameters()).isEqualTo(drawn.architecture().parameters() - 12 * (48 - 8));
  }

  @Test
  void unitsAreTakenOnceAndKeepMeanAndDeviation() {
    Network dense = Cases.network(mlp(20, Normalization.NONE), 3);
    LocalPerceptron local = new LocalPerceptron(mlp(20, Normalization.NONE), IMAGE, 2, 3);

    Network near = local.near(dense, noise());

    Matrix next = near.tensor("fc2.weight").matrix();
    Matrix whole = dense.tensor("fc2.weight").matrix();
    Set<Integer> taken = new HashSet<>();
    int asWide = 0;
    for (int i = 0; i < SQUARES * 3; i++) {
      int seat = i;
      int unit =
          IntStream.range(0, 20)
              .filter(u -> whole.get(0, u) == next.get(0, seat))
              .findFirst()
              .orElseThrow();
      taken.add(unit);
      double[] expected = meanAndDeviation(outputs(dense, unit));
      double[] found = meanAndDeviation(outputs(near, seat / 3, seat % 3));
      assertThat(found[0]).isCloseTo(expected[0], within(1e-4));
      // √6 at most makes up for what the other squares gave.
      assertThat(found[1]).isLessThan(expected[1] * 1.0001);
      asWide += found[1] > expected[1] * 0.9999 ? 1 : 0;
    }
    assertThat(asWide).isBetween(5, 17);
    assertThat(taken).hasSize(18);
  }

  private static List<Double> outputs(Network dense, int unit) {
    Matrix weight = dense.tensor("fc1.weight").matrix();
    float[] inputs = noise().inputs(0, EXAMPLES);
    List<Double> outputs = new ArrayList<>();
    for (int e = 0; e < EXAMPLES; e++) {
      double sum = dense.tensor("fc1.bias").toArray()[unit];
      for (int i = 0; i < IMAGE.size(); i++) {
        sum += weight.get(unit, i) * inputs[e * IMAGE.size() + i];
      }
      outputs.add(sum);
    }
    return outputs;
  }

  /** By the places of the numbers, which lie in a square as they do in the image. */
  private static List<Double> outputs(Network near, int square, int place) {
    float[] weight = near.tensor("fc1.weight").toArray();
    float[] inputs = noise().inputs(0, EXAMPLES);
    int[] seen =
        IntStream.range(0, IMAGE.size()).filter(input -> square(input) == square).toArray();
    List<Double> outputs = new ArrayList<>();
    for (int e = 0; e < EXAMPLES; e++) {
      double sum = near.tensor("fc1.bias").toArray()[square * 3 + place];
      for (int k = 0; k < seen.length; k++) {
        sum += weight[(square * seen.length + k) * 3 + place] * inputs[e * IMAGE.size() + seen[k]];
      }
      outputs.add(sum);
    }
    return outputs;
  }

  private static double[] meanAndDeviation(List<Double> values) {
    double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
    double variance =
        values.stream().mapToDouble(v -> (v - mean) * (v - mean)).average().orElseThrow();
    return new double[] {mean, Math.sqrt(variance)};
  }

  /** A square that never changes says nothing, and makes no NaN. */
  @Test
  void constantSquaresTakeUnitsWithoutScalingThem() {
    float[] inputs = noise().inputs(0, EXAMPLES);
    for (int i = 0; i < inputs.length; i++) {
      if (square(i % IMAGE.size()) != 2) {
        inputs[i] = 1;
      }
    }
    Examples blank = Examples.of(IMAGE.size(), 4, inputs, new byte[EXAMPLES]);
    Network dense = Cases.network(mlp(SQUARES, Normalization.NONE), 3);

    Network near =
        new LocalPerceptron(mlp(SQUARES, Normalization.NONE), IMAGE, 2, 1).near(dense, blank);

    near.tensors().forEach((name, t) -> assertThat(t.matrix().isFinite()).as(name).isTrue());
  }

  @Test
  void itIsDrawnWithTheInputsOfASquare() {
    LocalPerceptron local =
        new LocalPerceptron(new Mlp(784, List.of(980), 10, Normalization.NONE), FASHION, 4, 20);

    float[] he = local.initialize(Initialization.HE, 1).tensor("fc1.weight").toArray();
    double sum = 0;
    for (float w : he) {
      sum += (double) w * w;
    }
    assertThat(Math.sqrt(sum / he.length)).isCloseTo(Math.sqrt(2.0 / 16), within(0.005));
    Network uniform = local.initialize(Initialization.PYTORCH, 1);
    for (String name : List.of("fc1.weight", "fc1.bias")) {
      double largest = 0;
      for (float w : uniform.tensor(name).toArray()) {
        largest = Math.max(largest, Math.abs(w));
      }
      assertThat(largest).as(name).isBetween(0.249, 0.25);
    }
  }

  /** A rank of weights of several squares would be none of a matrix. */
  @Test
  void weightsOfSquaresAreNoMatrixThatIsWatched() {
    LocalPerceptron local = new LocalPerceptron(mlp(12, Normalization.NONE), IMAGE, 2, 2);

    assertThat(local.graph().watched()).extracting(w -> w.name()).containsExactly("fc2", "fc3");
    Network drawn = local.initialize(Initialization.HE, 1);
    try (Learner learner = LearnerKind.DJL.start(drawn, Cases.optimizer(0.1, 1e-3, 0.9), 8)) {
      assertThat(learner.names()).containsExactly("fc2", "fc3");
      for (int step = 0; step < 20; step++) {
        learner.step(Batch.range(noise(), 0, 8), 0.1);
      }
      assertThat(learner.weight(0)).isEqualTo(learner.network().tensor("fc2.weight").matrix());
      assertThat(learner.network().tensor("fc1.weight")).isNotEqualTo(drawn.tensor("fc1.weight"));
    }
  }

  @Test
  void whatDoesNotFitIsNamed() {
    Mlp mlp = mlp(12, Normalization.NONE);
    assertThatThrownBy(() -> new LocalPerceptron(mlp, IMAGE, 4, 1))
        .hasMessage("expected squares that fill an image of 4x6, found a side of 4");
    assertThatThrownBy(() -> new LocalPerceptron(mlp, IMAGE, 0, 1))
        .hasMessageContaining("found a side of 0");
    assertThatThrownBy(() -> new LocalPerceptron(mlp, IMAGE, 2, 0))
        .hasMessage("expected at least one unit a square, found 0");
    assertThatThrownBy(() -> new LocalPerceptron(mlp, FASHION, 4, 1))
        .hasMessage("local layer: expected an image of 48 numbers, found 1x28x28");
  }
}
