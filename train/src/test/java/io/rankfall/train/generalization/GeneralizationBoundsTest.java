package io.rankfall.train.generalization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.BatchNorm;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepSchedule;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeneralizationBoundsTest {
  private static final Optimizer SGD = new Optimizer(0.1, 0, 0, StepSchedule.CONSTANT);

  private static Network network(float[] first, float[] second) {
    Matrix zero = Matrix.of(1, 2, 0, 0);
    return new Network(
        new Mlp(2, List.of(2), 2, Mlp.Normalization.NONE),
        List.of(
            new Network.Layer("fc1", Matrix.of(2, 2, first), zero, null),
            new Network.Layer("fc2", Matrix.of(2, 2, second), zero, null)));
  }

  private static Network diagonal() {
    return network(new float[] {3, 0, 0, 4}, new float[] {1, 0, 0, 2});
  }

  /** ‖X‖² = 149 and Σ_i 1 = 100 with the constant; γ = 1/2. */
  private static TrainingMargins margins() {
    return new TrainingMargins(100, 2, 7, 6, 0.9, 0.8, 0.5, 0.2);
  }

  /**
   * With the constant A_1 = diag(3, 4, 1) and A_2 = [1 0 0; 0 2 0]: σ₁ = 4, 2, ‖A‖_F = √26, √5,
   * rows 8, 3, ranks 3, 2, widths 3, and |A_2|·|A_1|·1 = (3, 8). The formulas of {@link
   * Promise#formula}, put into Python by hand.
   */
  @ParameterizedTest
  @CsvSource({
    "spectral, 5431.303814813763",
    "frobenius, 40.299559838936894",
    "path, 36.1195394182853",
    "frobenius-2015, 5.567045895266177",
    "low-rank, 9.765244492586962",
    "low-rank-full, 9.765244492586962"
  })
  void aNetworkComputedByHand(String id, double expected) {
    GeneralizationBounds bounds = GeneralizationBounds.of(diagonal(), margins());
    Promise promise =
        bounds.promises().stream().filter(p -> p.id().equals(id)).findFirst().orElseThrow();
    assertThat(promise.value()).isCloseTo(expected, within(1e-6 * expected));
    assertThat(bounds.isVacuous(promise)).isTrue();
  }

  @Test
  void aLayerOfLowRankLowersTheTermThatCountsIt() {
    GeneralizationBounds low =
        GeneralizationBounds.of(
            network(new float[] {3, 0, 0, 0}, new float[] {1, 0, 0, 2}), margins());
    // A_1 = diag(3, 0, 1) has rank 2 of 3; σ₁ = 3.
    assertThat(low.layers().get(0).rank()).isEqualTo(2);
    double scale = Math.sqrt(149) / 100 / 0.5 * 3 * 2;
    assertThat(low.promises().get(4).value())
        .isCloseTo(scale * (Math.sqrt(6) + 2), within(1e-5 * scale));
    assertThat(low.promises().get(5).value()).isCloseTo(scale * (3 + 2), within(1e-5 * scale));
  }

  @Test
  void theTermsOfRankTwoCountRowsAndColumns() {
    LayerNorms norms = new LayerNorms("fc1", 513, 785, 1, 1, 1, 2);
    GeneralizationBounds.RankTwoTerms terms = GeneralizationBounds.RankTwoTerms.of(norms, 60_000);
    double logs = Math.log(512) * Math.log(60_000) / 60_000;
    assertThat(terms.rankTwo()).isCloseTo(Math.sqrt(1296 * logs), within(1e-12));
    assertThat(terms.fullRank()).isCloseTo(Math.sqrt(512.0 * 784 * logs), within(1e-12));
    assertThat(GeneralizationBounds.of(diagonal(), margins()).rankTwo()).hasSize(1);
  }

  @Test
  void smallNetworksOnManyExamplesGetABoundThatSaysSomething() {
    Network small = network(new float[] {1, 0, 0, 1}, new float[] {1, 0, 0, 1});
    TrainingMargins many = new TrainingMargins(100_000_000, 2, 1e4, 1e4, 0.9, 0.9, 1, 0.11);
    GeneralizationBounds bounds = GeneralizationBounds.of(small, many);
    Promise frobenius = bounds.promises().get(1);
    assertThat(bounds.isVacuous(frobenius)).isFalse();
    assertThat(bounds.testError(frobenius)).isBetween(0.11, 0.2);
  }

  @Test
  void theMatricesWithoutBiasAreTheNetworkItself() {
    SplittableRandom random = new SplittableRandom(5);
    Mlp mlp = new Mlp(7, List.of(6, 5), 3, Mlp.Normalization.BATCH);
    List<Network.Layer> layers = new ArrayList<>();
    for (Network.Layer layer : mlp.initialize(Initialization.HE, 1).layers()) {
      int width = layer.weight().rows();
      layers.add(
          new Network.Layer(
              layer.name(),
              layer.weight(),
              Matrix.gaussian(1, width, random),
              layer.batchNorm() == null
                  ? null
                  : new BatchNorm(
                      Matrix.gaussian(1, width, random),
                      Matrix.gaussian(1, width, random),
                      Matrix.gaussian(1, width, random),
                      positive(width, random))));
    }
    Network network = new Network(mlp, layers);
    float[] inputs = Matrix.gaussian(9, 7, random).toArray();
    Examples examples = Examples.of(7, 3, inputs, new byte[9]);
    try (Learner learner = LearnerKind.FUSED.start(network, SGD, 1)) {
      float[] logits = learner.logits(examples, 0, 9);
      for (int i = 0; i < 9; i++) {
        double[] x = new double[8];
        for (int j = 0; j < 7; j++) {
          x[j] = inputs[i * 7 + j];
        }
        x[7] = 1;
        double[] y = forward(network, x);
        for (int c = 0; c < 3; c++) {
          assertThat(y[c]).isCloseTo(logits[i * 3 + c], within(1e-3));
        }
      }
    }
  }

  private static Matrix positive(int width, SplittableRandom random) {
    float[] values = new float[width];
    for (int i = 0; i < width; i++) {
      values[i] = 0.5f + (float) random.nextDouble();
    }
    return Matrix.of(1, width, values);
  }

  private static double[] forward(Network network, double[] x) {
    double[] values = x;
    int depth = network.layers().size();
    for (int l = 0; l < depth; l++) {
      Matrix a = BiasFreeLayer.of(network.layers().get(l), l == depth - 1);
      double[] next = new double[a.rows()];
      for (int i = 0; i < next.length; i++) {
        for (int j = 0; j < values.length; j++) {
          next[i] += a.get(i, j) * values[j];
        }
        next[i] = l == depth - 1 ? next[i] : Math.max(0, next[i]);
      }
      values = next;
    }
    return values;
  }

  /**
   * Logits of the identity are the inputs: ten margins of 1 to 10, of which one is turned wrong.
   */
  private static Examples ladder(int wrong) {
    float[] inputs = new float[20];
    byte[] labels = new byte[10];
    for (int i = 0; i < 10; i++) {
      inputs[2 * i] = i + 1;
      labels[i] = (byte) (i < wrong ? 1 : 0);
    }
    return Examples.of(2, 2, inputs, labels);
  }

  @Test
  void marginsAreMeasuredOnTheLogits() {
    Network identity = network(new float[] {1, 0, 0, 1}, new float[] {1, 0, 0, 1});
    Dataset data = new Dataset("ladder", ladder(2), ladder(5), "");
    try (Learner learner = LearnerKind.FUSED.start(identity, SGD, 1)) {
      TrainingMargins margins = TrainingMargins.of(learner, data);
      // Wrong ones have margins −1 and −2; of ten, one more is given up: the smallest right one is
      // 3,
      // the next 4.
      assertThat(margins.margin()).isEqualTo(4);
      assertThat(margins.marginError()).isEqualTo(0.4);
      assertThat(margins.trainAccuracy()).isEqualTo(0.8);
      assertThat(margins.testAccuracy()).isEqualTo(0.5);
      assertThat(margins.gap()).isCloseTo(0.3, within(1e-12));
      assertThat(margins.inputNorm()).isCloseTo(Math.sqrt(385), within(1e-9));
      assertThat(margins.featureNorm()).isCloseTo(Math.sqrt(385), within(1e-9));
      Dataset hopeless = new Dataset("ladder", ladder(10), ladder(5), "");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TrainingMargins.of(learner, hopeless))
          .withMessageContaining("expected training examples classified right");
    }
  }

  @Test
  void dataOfAnotherWidthIsRefused() {
    TrainingMargins other = new TrainingMargins(100, 3, 7, 6, 0.9, 0.8, 0.5, 0.2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GeneralizationBounds.of(diagonal(), other))
        .withMessageContaining("expected 3 inputs, found 2");
  }
}
