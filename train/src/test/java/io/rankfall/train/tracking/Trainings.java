package io.rankfall.train.tracking;

import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import java.util.List;
import java.util.SplittableRandom;

/** Trainings of a moment. */
final class Trainings {
  static final int FEATURES = 12;

  private Trainings() {}

  /** On three Gaussian clouds. */
  static Trainer trainer() {
    return new Trainer(new Dataset("clouds", cloud(400, 1), cloud(200, 2), "none"));
  }

  static RunSpec diverging() {
    return spec(1e30, 0, 2);
  }

  static RunSpec spec(double learningRate, int epochs) {
    return spec(learningRate, 1e-3, epochs);
  }

  private static RunSpec spec(double learningRate, double weightDecay, int epochs) {
    return new RunSpec(
        "clouds",
        new Mlp(FEATURES, List.of(20), 3, Mlp.Normalization.NONE),
        Initialization.HE,
        32,
        new Optimizer(learningRate, weightDecay, 0, new StepSchedule(List.of(2), 0.5)),
        epochs,
        5,
        LearnerKind.FUSED);
  }

  static Examples cloud(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[size * FEATURES];
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      labels[i] = (byte) (i % 3);
      for (int j = 0; j < FEATURES; j++) {
        inputs[i * FEATURES + j] = (float) (random.nextGaussian() + (j % 3 == labels[i] ? 2 : 0));
      }
    }
    return Examples.of(FEATURES, 3, inputs, labels);
  }
}
