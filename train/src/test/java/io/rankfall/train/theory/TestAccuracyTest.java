package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.Examples;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TestAccuracyTest {

  @Test
  void aGuesserNamesTheMostFrequentClass() {
    Examples test = Examples.of(1, 3, new float[] {0, 0, 0, 0, 0}, new byte[] {2, 0, 2, 1, 0});
    assertThat(TestAccuracy.of(4, 0.5, test)).isEqualTo(new TestAccuracy(4, 0.5, 0.4, 5));
    Examples one = Examples.of(1, 2, new float[] {0, 0}, new byte[] {1, 1});
    assertThat(TestAccuracy.of(0, 1, one).guess()).isEqualTo(1);
    assertThat(TestAccuracy.of(0, 1, one).collapsed()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    // 3·√(0.1·0.9/n): of 10,000 examples 0.009, which is less than 0.02; of 100, 0.09.
    "0.1, 10000, 0.02",
    "0.1, 100,   0.09",
    "0.5, 2500,  0.03"
  })
  void chanceDecidesWhatIsBetterThanGuessing(double guess, int examples, double margin) {
    assertThat(new TestAccuracy(1, 1, guess, examples).margin()).isCloseTo(margin, within(1e-12));
    assertThat(new TestAccuracy(1, guess + margin - 1e-9, guess, examples).collapsed()).isTrue();
    assertThat(new TestAccuracy(1, guess + margin + 1e-9, guess, examples).collapsed()).isFalse();
    assertThat(new TestAccuracy(1, 0, guess, examples).collapsed()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"-1, 0.5, 0.1", "0, NaN, 0.1", "0, 1.1, 0.1", "0, -0.1, 0.1", "0, 0.5, 0"})
  void refusesWhatIsNoShare(int epoch, double accuracy, double guess) {
    assertThatThrownBy(() -> new TestAccuracy(epoch, accuracy, guess, 10))
        .hasMessageContaining("found epoch %d, %s, guess %s".formatted(epoch, accuracy, guess));
  }

  @Test
  void refusesATestWithoutExamples() {
    assertThatThrownBy(() -> new TestAccuracy(0, 0.5, 0.5, 0))
        .hasMessage("test examples: expected >= 1, found 0");
  }
}
