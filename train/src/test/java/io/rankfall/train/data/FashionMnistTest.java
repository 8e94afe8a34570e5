package io.rankfall.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.InputShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

final class FashionMnistTest {
  private static final Dataset DATA = load();

  private static Dataset load() {
    try {
      return FashionMnist.load();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void sixtyAndTenThousandExamplesInTenBalancedClasses() {
    assertThat(DATA.name()).isEqualTo("fashion-mnist");
    assertThat(DATA.train().size()).isEqualTo(60_000);
    assertThat(DATA.test().size()).isEqualTo(10_000);
    assertThat(DATA.train().shape()).isEqualTo(new InputShape(1, 28, 28));
    assertThat(perClass(DATA.train())).containsOnly(6_000).hasSize(10);
    assertThat(perClass(DATA.test())).containsOnly(1_000).hasSize(10);
    assertThat(FashionMnist.classNames()).hasSize(10).doesNotHaveDuplicates();
    // Studies name the data by it.
    assertThat(DATA.sha256())
        .isEqualTo("47870aecc7bc3dde9a497b176d53970814bafb3ced8b37fd4255f88442bc39b1");
  }

  private static int[] perClass(Examples examples) {
    int[] counts = new int[examples.classes()];
    for (int i = 0; i < examples.size(); i++) {
      counts[examples.label(i)]++;
    }
    return counts;
  }

  @Test
  void trainingPixelsAreStandardisedAndTestPixelsUseTheSameScale() {
    Examples train = DATA.train();
    double sum = 0;
    double squares = 0;
    float least = Float.POSITIVE_INFINITY;
    float[] image = new float[784];
    for (int i = 0; i < train.size(); i++) {
      train.copyInputs(i, image, 0);
      for (float pixel : image) {
        sum += pixel;
        squares += (double) pixel * pixel;
        least = Math.min(least, pixel);
      }
    }
    double count = 784.0 * train.size();
    assertThat(sum / count).isCloseTo(0, within(1e-6));
    assertThat(Math.sqrt(squares / count)).isCloseTo(1, within(1e-6));
    // Black, with the mean .2860 and the deviation .3530 that others publish.
    assertThat(least).isCloseTo(-0.2860f / 0.3530f, within(1e-3f));
    DATA.test().copyInputs(0, image, 0);
    assertThat(image[0]).isEqualTo(least);
  }

  @Test
  void theFirstImagesAreAnAnkleBootAndATShirt() {
    assertThat(FashionMnist.classNames().get(DATA.train().label(0))).isEqualTo("Ankle boot");
    assertThat(FashionMnist.classNames().get(DATA.train().label(1))).isEqualTo("T-shirt");
  }
}
