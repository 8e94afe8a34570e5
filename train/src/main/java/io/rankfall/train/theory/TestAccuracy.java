package io.rankfall.train.theory;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.rankfall.train.Examples;

/**
 * Whether the network whose ranks are measured has learned anything: decay that is strong enough
 * for a low rank is often strong enough to make it forget everything.
 *
 * @param epoch behind which the accuracy was measured
 * @param accuracy share of the test examples that are classified correctly, 0 to 1
 * @param guess the share of the most frequent class among the test examples: the accuracy of always
 *     naming it
 * @param examples how many test examples there are
 */
public record TestAccuracy(int epoch, double accuracy, double guess, int examples) {
  private static final double LEAST_MARGIN = 0.02;
  private static final int DEVIATIONS = 3;

  public TestAccuracy {
    if (epoch < 0 || !(accuracy >= 0 && accuracy <= 1) || !(guess > 0 && guess <= 1)) {
      throw new IllegalArgumentException(
          "test accuracy: expected an epoch >= 0 and shares of 0 to 1, found epoch %d, %s, guess %s"
              .formatted(epoch, accuracy, guess));
    }
    if (examples < 1) {
      throw new IllegalArgumentException("test examples: expected >= 1, found " + examples);
    }
  }

  static TestAccuracy of(int epoch, double accuracy, Examples test) {
    int[] counts = new int[test.classes()];
    int[] labels = test.labels();
    int most = 0;
    for (int label : labels) {
      most = Math.max(most, ++counts[label]);
    }
    return new TestAccuracy(epoch, accuracy, (double) most / labels.length, labels.length);
  }

  /**
   * How much better than {@code guess} the accuracy has to be to say that something was learned:
   * three standard deviations of a guesser's accuracy, √(p·(1 − p)/n) with p = guess, and not less
   * than 0.02.
   */
  @JsonProperty
  public double margin() {
    return Math.max(LEAST_MARGIN, DEVIATIONS * Math.sqrt(guess * (1 - guess) / examples));
  }

  /** accuracy ≤ guess + margin: the network is no better than always naming one class. */
  @JsonProperty
  public boolean collapsed() {
    return accuracy <= guess + margin();
  }
}
