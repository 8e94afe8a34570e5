package io.rankfall.train;

import static io.rankfall.train.Mlp.Normalization.BATCH;
import static io.rankfall.train.Mlp.Normalization.NONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.WeightMatrix;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class MlpTest {
  private static final Mlp PLAIN = new Mlp(784, List.of(300, 100), 10, NONE);
  private static final Mlp NORMALIZED = new Mlp(784, List.of(300, 100), 10, BATCH);

  @Test
  void parametersAreThoseOfLenet300100() {
    assertThat(PLAIN.parameters()).isEqualTo(266_610);
    assertThat(NORMALIZED.parameters()).isEqualTo(266_610 + 2 * 400);
  }

  @ParameterizedTest
  @EnumSource(Mlp.Normalization.class)
  void aDrawnNetworkHasThatManyTrainedNumbers(Mlp.Normalization normalization) {
    Mlp mlp = new Mlp(5, List.of(4, 3, 4), 2, normalization);

    long trained =
        Cases.parts(mlp.initialize(Initialization.PYTORCH, 1)).stream()
            .filter(part -> !part.name().contains("running"))
            .mapToLong(part -> part.values().size())
            .sum();

    assertThat(trained).isEqualTo(mlp.parameters());
  }

  @Test
  void labelsListTheWidths() {
    assertThat(PLAIN.label()).isEqualTo("784-300-100-10");
    assertThat(NORMALIZED.label()).isEqualTo("784-300-100-10+bn");
  }

  @Test
  void weightsAndBiasesFillTheIntervalOfTheirLayer() {
    for (Network.Layer layer : PLAIN.initialize(Initialization.PYTORCH, 5).layers()) {
      double bound = 1 / Math.sqrt(layer.weight().cols());
      float[] w = layer.weight().toArray();
      double mean = 0;
      double square = 0;
      double largest = 0;
      for (float v : w) {
        mean += v / (double) w.length;
        square += v * (double) v / w.length;
        largest = Math.max(largest, Math.abs(v));
      }
      double fourSigmas = 4 / Math.sqrt(w.length);
      assertThat(largest).isBetween(0.98 * bound, (double) (float) bound);
      assertThat(mean / bound).isCloseTo(0, within(fourSigmas));
      assertThat(square / (bound * bound)).isCloseTo(1.0 / 3, within(fourSigmas));
      for (float b : layer.bias().toArray()) {
        assertThat((double) Math.abs(b)).isLessThanOrEqualTo((float) bound);
      }
      assertThat(layer.bias().frobeniusNorm()).isPositive();
    }
  }

  @Test
  void heDrawsNormalWeightsAndNoBiases() {
    for (Network.Layer layer : PLAIN.initialize(Initialization.HE, 5).layers()) {
      int count = (int) layer.weight().size();
      double expected = 2.0 * layer.weight().rows();
      double squares = layer.weight().frobeniusNorm() * layer.weight().frobeniusNorm();
      assertThat(squares / expected).isCloseTo(1, within(4 * Math.sqrt(2.0 / count)));
      assertThat(layer.bias().frobeniusNorm()).isZero();
    }
  }

  @Test
  void normalisationStartsNeutralAndSparesTheLastLayer() {
    List<Network.Layer> layers = NORMALIZED.initialize(Initialization.PYTORCH, 5).layers();

    assertThat(layers.get(0).batchNorm()).isEqualTo(BatchNorm.initial(300));
    assertThat(layers.get(1).batchNorm()).isEqualTo(BatchNorm.initial(100));
    assertThat(layers.get(2).batchNorm()).isNull();
    assertThat(BatchNorm.initial(2))
        .isEqualTo(
            new BatchNorm(
                Matrix.of(1, 2, 1, 1),
                Matrix.of(1, 2, 0, 0),
                Matrix.of(1, 2, 0, 0),
                Matrix.of(1, 2, 1, 1)));
  }

  @Test
  void aSeedFixesTheBits() {
    assertThat(PLAIN.initialize(Initialization.PYTORCH, 5))
        .isEqualTo(PLAIN.initialize(Initialization.PYTORCH, 5));
    assertThat(PLAIN.initialize(Initialization.PYTORCH, 5))
        .isNotEqualTo(PLAIN.initialize(Initialization.PYTORCH, 6));
    assertThat(PLAIN.initialize(Initialization.PYTORCH, 5).layers().get(0).weight())
        .isEqualTo(NORMALIZED.initialize(Initialization.PYTORCH, 5).layers().get(0).weight());
  }

  @Test
  void impossibleWidthsAreRefused() {
    assertThatThrownBy(() -> new Mlp(784, List.of(), 10, NONE))
        .hasMessage("mlp: expected at least one hidden layer, found none");
    assertThatThrownBy(() -> new Mlp(784, List.of(10, 0), 10, NONE))
        .hasMessage("mlp: expected inputs and widths >= 1 and outputs >= 2, found 784-[10, 0]-10");
    assertThatThrownBy(() -> new Mlp(0, List.of(1), 2, NONE)).hasMessageContaining("found 0-[1]-2");
    assertThatThrownBy(() -> new Mlp(1, List.of(1), 1, NONE)).hasMessageContaining("found 1-[1]-1");
  }

  @Test
  void widthsDoNotChangeWithTheCallersList() {
    List<Integer> hidden = new ArrayList<>(List.of(3));
    Mlp mlp = new Mlp(2, hidden, 2, NONE);
    hidden.add(4);

    assertThat(mlp.widths()).containsExactly(2, 3, 2);
  }

  @Test
  void aNetworkListsItsWeightMatricesAndRefusesOthers() {
    Network network = new Mlp(2, List.of(3), 2, NONE).initialize(Initialization.PYTORCH, 1);
    Network.Layer first = network.layers().get(0);

    assertThat(network.weightMatrices().stream().map(WeightMatrix::name))
        .containsExactly("fc1", "fc2");
    Mlp mlp = new Mlp(2, List.of(3), 2, NONE);
    assertThatThrownBy(() -> new Network(mlp, List.of(first)))
        .hasMessage("network 2-3-2: fc2.weight: expected [2, 3], found nothing");
    Network.Layer other = new Network.Layer("fc2", first.weight(), first.bias(), null);
    assertThatThrownBy(() -> new Network(mlp, List.of(first, other)))
        .hasMessage("network 2-3-2: fc2.weight: expected [2, 3], found [3, 2]");
    assertThatThrownBy(() -> Network.Layer.linear("fc1", first.weight(), Matrix.of(1, 2, 0, 0)))
        .hasMessage("bias of fc1: expected 1x3, found 1x2");
  }
}
