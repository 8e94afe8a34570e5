package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class ExamplesTest {
  private static final InputShape SHAPE = new InputShape(2, 3, 4);

  private static byte[] pixels(int images, long seed) {
    byte[] pixels = new byte[images * SHAPE.size()];
    new SplittableRandom(seed).nextBytes(pixels);
    return pixels;
  }

  private static int[] labels(int count) {
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 3;
    }
    return labels;
  }

  private static Examples images(int count, Standardization standardization) {
    return Examples.ofPixels(SHAPE, pixels(count, 1), standardization, Labels.of(3, labels(count)));
  }

  @Test
  void bytesBecomeTheNumbersOfTheFormulaWhereverTheyAreCopied() {
    Standardization standardization =
        new Standardization(List.of(0.25, 0.5), List.of(0.125, 0.0625));
    Examples examples = images(5, standardization);
    byte[] pixels = pixels(5, 1);

    float[] expected = new float[pixels.length];
    for (int i = 0; i < expected.length; i++) {
      int channel = i / 12 % 2;
      double value = (pixels[i] & 0xff) / 255.0;
      expected[i] = (float) (channel == 0 ? (value - 0.25) / 0.125 : (value - 0.5) / 0.0625);
    }
    assertThat(examples.inputs(0, 5)).isEqualTo(expected);
    assertThat(examples.unpacked().inputs(0, 5)).isEqualTo(expected);
    float[] row = new float[SHAPE.size()];
    try (NativeMatrix matrix = new NativeMatrix(2, SHAPE.size())) {
      Batch.of(examples, 4, 2).copyInputs(matrix);
      matrix.get(1, row);
    }
    assertThat(row).isEqualTo(examples.inputs(2, 1));
    assertThat(examples.shape()).isEqualTo(SHAPE);
    assertThat(examples.features()).isEqualTo(24);
  }

  @Test
  void eachChannelIsStandardisedByItsOwnMeanAndDeviation() {
    byte[] pixels = pixels(50, 2);
    for (int i = 0; i < pixels.length; i++) {
      // The second channel is darker and has less contrast.
      pixels[i] = i / 12 % 2 == 0 ? pixels[i] : (byte) ((pixels[i] & 0xff) / 5);
    }
    Examples examples =
        Examples.ofPixels(
            SHAPE, pixels, Standardization.of(SHAPE, pixels), Labels.of(3, labels(50)));
    for (int channel = 0; channel < 2; channel++) {
      double sum = 0;
      double squares = 0;
      for (int e = 0; e < 50; e++) {
        float[] image = examples.inputs(e, 1);
        for (int i = 0; i < 12; i++) {
          sum += image[channel * 12 + i];
          squares += image[channel * 12 + i] * image[channel * 12 + i];
        }
      }
      assertThat(sum / 600).isCloseTo(0, within(1e-6));
      assertThat(squares / 600).isCloseTo(1, within(1e-6));
    }
  }

  @Test
  void aChannelOfOneValueBecomesZeroWhateverTheValue() {
    for (int value = 0; value < 256; value++) {
      byte[] pixels = new byte[SHAPE.size()];
      Arrays.fill(pixels, (byte) value);
      Standardization standardization = Standardization.of(SHAPE, pixels);

      assertThat(standardization.deviation()).containsOnly(1.0);
      Examples examples = Examples.ofPixels(SHAPE, pixels, standardization, Labels.of(1, 0));
      assertThat(examples.inputs(0, 1)).containsOnly(0f);
    }
  }

  @Test
  void theFirstExamplesAreTheSameOnes() {
    Examples examples = images(9, new Standardization(List.of(0.4, 0.1), List.of(1.0, 1.0)));
    Examples first = examples.first(4);

    assertThat(first.size()).isEqualTo(4);
    assertThat(first.shape()).isEqualTo(SHAPE);
    assertThat(first.inputs(0, 4)).isEqualTo(examples.inputs(0, 4));
    assertThat(first.label(3)).isEqualTo(examples.label(3));
    assertThatThrownBy(() -> first.inputs(3, 2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void sequencesHaveALabelForEachPosition() {
    Examples examples =
        Examples.of(
            InputShape.flat(3),
            new float[] {1, 2, 3, 4, 5, 6},
            Labels.sequences(9, 3, new int[] {2, 3, 4, 5, 6, 7}));

    assertThat(examples.targets()).isEqualTo(3);
    assertThat(examples.size()).isEqualTo(2);
    Batch batch = Batch.of(examples, 1);
    assertThat(batch.targets()).isEqualTo(3);
    assertThat(new int[] {batch.labelOfRow(0), batch.labelOfRow(1), batch.labelOfRow(2)})
        .containsExactly(5, 6, 7);
    assertThatThrownBy(() -> batch.label(0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("examples: expected one label each, found 3");
    assertThatThrownBy(() -> batch.labelOfRow(3)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void whatDoesNotFitTogetherIsRefusedInOneLine() {
    Labels two = Labels.of(300, 299, 0);
    assertThat(two.get(0, 0)).isEqualTo(299);
    assertThatThrownBy(() -> Examples.of(SHAPE, new float[47], two))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("examples: expected 2 x 24 numbers for 2 labels, found 47");
    assertThatThrownBy(() -> Labels.of(300, 300))
        .hasMessage("label of example 0: expected 0 to 299, found 300");
    assertThatThrownBy(() -> Labels.ofBytes(128, new byte[] {5, -1}))
        .hasMessage("label of example 1: expected 0 to 127, found 255");
    assertThatThrownBy(() -> Labels.sequences(5, 2, new int[3]))
        .hasMessage("labels: expected 2 for each of one example or more, found 3");
    assertThatThrownBy(
            () ->
                Examples.ofPixels(
                    SHAPE, new byte[48], new Standardization(List.of(0.0), List.of(1.0)), two))
        .hasMessage("standardisation: expected 2 channels, found 1");
    assertThatThrownBy(() -> new Standardization(List.of(0.0), List.of(0.0)))
        .hasMessage(
            "standardisation of channel 0: expected a finite mean and a deviation above 0, found 0.0 and 0.0");
    Examples flat = Cases.noise(3, 24, 3, 1);
    Examples shaped = images(3, new Standardization(List.of(0.4, 0.1), List.of(1.0, 1.0)));
    assertThatThrownBy(() -> new Dataset("odd", shaped, flat, ""))
        .hasMessage(
            "data set odd: expected test examples like the training ones (2x3x4, 3 classes, 1 label each), found 1x1x24, 3 classes, 1 label each");
  }
}
