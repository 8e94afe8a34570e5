package io.rankfall.train.theory;

import io.rankfall.train.Examples;
import java.util.SplittableRandom;

/** Examples that are learned in a few steps: one cloud of points a class. */
final class Clouds {
  static final int FEATURES = 70;

  private Clouds() {}

  /** Three classes, equally frequent. */
  static Examples of(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[size * FEATURES];
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      labels[i] = (byte) (i % 3);
      for (int j = 0; j < FEATURES; j++) {
        inputs[i * FEATURES + j] = (float) (random.nextGaussian() + (j % 3 == labels[i] ? 3 : 0));
      }
    }
    return Examples.of(FEATURES, 3, inputs, labels);
  }
}
