package io.rankfall.train;

import static io.rankfall.train.Mlp.Normalization.BATCH;
import static io.rankfall.train.Mlp.Normalization.NONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.Mlp.Normalization;
import io.rankfall.train.ReferenceMlp.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link Learner} does, held against {@link ReferenceMlp}. */
abstract class LearnerContract {
  private static final int FEATURES = 7;
  private static final int CLASSES = 4;
  private static final Examples NOISE = Cases.noise(600, FEATURES, CLASSES, 11);

  abstract LearnerKind kind();

  /** The learner under test. */
  Learner start(Network initial, Optimizer optimizer, Loss loss, int batchSize) {
    return kind().start(initial, optimizer, loss, batchSize);
  }

  private Learner start(Network initial, Optimizer optimizer, int batchSize) {
    return start(initial, optimizer, Loss.CROSS_ENTROPY, batchSize);
  }

  private static Network tiny(Normalization normalization) {
    return Cases.network(new Mlp(FEATURES, List.of(6, 5), CLASSES, normalization), 3);
  }

  private static Batch batch(int step, int size) {
    return Batch.range(NOISE, step * size % (NOISE.size() - size), size);
  }

  @ParameterizedTest
  @CsvSource({
    "NONE,  1,  0,    0,   60",
    "NONE,  1,  0.02, 0,   60",
    "NONE,  4,  0,    0.9, 60",
    "NONE,  4,  0.05, 0.9, 60",
    "NONE,  16, 0.05, 0,   60",
    "BATCH, 8,  0,    0,   30",
    "BATCH, 8,  0.05, 0,   30",
    "BATCH, 8,  0.05, 0.9, 30",
    "BATCH, 16, 0,    0.9, 30",
    "BATCH, 16, 0.05, 0.5, 30"
  })
  void stepsAreThoseOfTheDoublePrecisionReference(
      Normalization normalization, int size, double weightDecay, double momentum, int steps) {
    Optimizer optimizer = Cases.optimizer(0.1, weightDecay, momentum);
    Network initial = tiny(normalization);
    ReferenceMlp reference = new ReferenceMlp(initial, optimizer);
    try (Learner learner = start(initial, optimizer, size)) {
      for (int s = 0; s < steps; s++) {
        // A changing rate tells v ← m·v + g from v ← m·v + μ·g.
        double rate = s < steps / 2 ? 0.1 : 0.02;
        // The last batch of an epoch is shorter. Batch normalisation of fewer than five rows is too
        // ill-conditioned to compare: an activation with little variance amplifies rounding.
        Batch batch = batch(s, s % 7 == 6 ? Math.max(size / 2 + 1, 1) : size);
        double expected = reference.step(batch, rate);
        assertThat(learner.step(batch, rate).loss())
            .isCloseTo(expected, within(Cases.SINGLE_PRECISION_TOLERANCE * Math.max(1, expected)));
      }
      Cases.assertClose(
          learner.network(), reference.network(initial), Cases.SINGLE_PRECISION_TOLERANCE);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NONE,  NESTEROV, ALL,      0.05, 0.9, CROSS_ENTROPY",
    "NONE,  NESTEROV, ALL,      0,    0.9, MSE",
    "NONE,  NESTEROV, MATRICES, 3,    0.5, CROSS_ENTROPY",
    "NONE,  SGD,      MATRICES, 0.5,  0,   CROSS_ENTROPY",
    "NONE,  SGD,      MATRICES, 0.5,  0.9, MSE",
    "BATCH, NESTEROV, MATRICES, 0.05, 0.9, CROSS_ENTROPY",
    "BATCH, SGD,      MATRICES, 0.5,  0.5, MSE"
  })
  void everyVariantOfSgdIsThatOfTheReference(
      Normalization normalization,
      Optimizer.Method method,
      Optimizer.DecayOn decayOn,
      double weightDecay,
      double momentum,
      Loss loss) {
    Optimizer optimizer =
        new Optimizer(0.1, weightDecay, momentum, StepSchedule.CONSTANT, method, decayOn, 0);
    Network initial = tiny(normalization);
    ReferenceMlp reference = new ReferenceMlp(initial, optimizer, loss);
    try (Learner learner = start(initial, optimizer, loss, 8)) {
      for (int s = 0; s < 30; s++) {
        double rate = s < 15 ? 0.1 : 0.02;
        Batch batch = batch(s, s % 7 == 6 ? 5 : 8);
        double expected = reference.step(batch, rate);
        assertThat(learner.step(batch, rate).loss())
            .isCloseTo(expected, within(Cases.SINGLE_PRECISION_TOLERANCE * Math.max(1, expected)));
      }
      Cases.assertClose(
          learner.network(), reference.network(initial), Cases.SINGLE_PRECISION_TOLERANCE);
      Batch all = Batch.range(NOISE, 0, 200);
      assertThat(learner.evaluate(NOISE.first(200)).loss())
          .isCloseTo(reference.loss(all, reference.evaluationLogits(all)), within(1e-4));
    }
  }

  @ParameterizedTest
  @CsvSource({"0.05, 0.05, 0, 800", "0.5, 1.9, 0, 40", "0.1, 3, 0.9, 40"})
  void strongDecayOverManyStepsStaysExact(
      double rate, double weightDecay, double momentum, int steps) {
    Optimizer optimizer = Cases.optimizer(rate, weightDecay, momentum);
    Network initial = tiny(NONE);
    ReferenceMlp reference = new ReferenceMlp(initial, optimizer);
    try (Learner learner = start(initial, optimizer, 8)) {
      for (int s = 0; s < steps; s++) {
        reference.step(batch(s, 8), rate);
        learner.step(batch(s, 8), rate);
      }
      Cases.assertClose(
          learner.network(), reference.network(initial), 5 * Cases.SINGLE_PRECISION_TOLERANCE);
    }
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void anUpdateIsTheFiniteDifferenceOfTheLoss(Normalization normalization) {
    Optimizer optimizer = Cases.optimizer(1, 0, 0);
    Network initial = tiny(normalization);
    Batch batch = batch(0, 6);
    ReferenceMlp reference = new ReferenceMlp(initial, optimizer);
    try (Learner learner = start(initial, optimizer, 6)) {
      learner.step(batch, 1);
      List<Parameter> before = reference.parameters();
      List<Parameter> after = new ReferenceMlp(learner.network(), optimizer).parameters();
      for (int p = 0; p < before.size(); p++) {
        for (int i = 0; i < before.get(p).values.length; i++) {
          assertThat(before.get(p).values[i] - after.get(p).values[i])
              .as("gradient by %s[%d]", before.get(p).name, i)
              .isCloseTo(centralDifference(reference, before.get(p), i, batch), within(2e-6));
        }
      }
    }
  }

  private static double centralDifference(
      ReferenceMlp reference, Parameter parameter, int i, Batch batch) {
    double step = 1e-6;
    double value = parameter.values[i];
    parameter.values[i] = value + step;
    double above = reference.trainingLoss(batch);
    parameter.values[i] = value - step;
    double below = reference.trainingLoss(batch);
    parameter.values[i] = value;
    return (above - below) / (2 * step);
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void evaluationUsesRunningStatisticsAndEveryExampleOnce(Normalization normalization) {
    Network initial = tiny(normalization);
    ReferenceMlp reference = new ReferenceMlp(initial, Cases.optimizer(0.1, 0, 0));
    Batch all = Batch.range(NOISE, 0, NOISE.size());
    double[][] expected = reference.evaluationLogits(all);
    try (Learner learner = start(initial, Cases.optimizer(0.1, 0, 0), 2)) {
      float[] logits = learner.logits(NOISE, 0, NOISE.size());
      Evaluation evaluation = learner.evaluate(NOISE);

      Cases.assertClose(logits, Cases.flat(expected), Cases.SINGLE_PRECISION_TOLERANCE);
      assertThat(evaluation.loss()).isCloseTo(reference.loss(all, expected), within(1e-5));
      long hits = 0;
      for (int i = 0; i < NOISE.size(); i++) {
        hits += Softmax.argmax(logits, i * CLASSES, CLASSES) == NOISE.label(i) ? 1 : 0;
      }
      assertThat(evaluation.accuracy()).isEqualTo((double) hits / NOISE.size());
      assertThat(learner.logits(NOISE, 300, 2))
          .hasSize(2 * CLASSES)
          .satisfies(
              few ->
                  Cases.assertClose(
                      few, Arrays.copyOfRange(logits, 300 * CLASSES, 302 * CLASSES), 1e-5));
    }
  }

  @Test
  void aStepReportsTheBatchBeforeItMoves() {
    try (Learner learner = start(tiny(NONE), Cases.optimizer(0.5, 0, 0), 200)) {
      Evaluation before = learner.evaluate(NOISE.first(200));
      StepResult step = learner.step(Batch.range(NOISE, 0, 200), 0.5);

      assertThat(step.loss()).isCloseTo(before.loss(), within(1e-6));
      assertThat(step.correct() / 200.0).isEqualTo(before.accuracy());
      assertThat(learner.evaluate(NOISE.first(200)).loss()).isLessThan(before.loss());
    }
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void aNewLearnerHasTheGivenNetworkToTheBit(Normalization normalization) {
    Network initial = tiny(normalization);
    try (Learner learner = start(initial, Cases.optimizer(0.1, 0, 0), 4)) {
      assertThat(learner.network()).isEqualTo(initial);
    }
  }

  @Test
  void aCopiedNetworkDoesNotMoveWithTheLearner() {
    try (Learner learner = start(tiny(BATCH), Cases.optimizer(0.1, 0.1, 0.9), 4)) {
      learner.step(batch(0, 4), 0.1);
      Network copy = learner.network();
      Network same = learner.network();
      learner.step(batch(1, 4), 0.1);

      assertThat(copy).isEqualTo(same).isNotEqualTo(learner.network());
    }
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void lookingAtALearnerDoesNotChangeIt(Normalization normalization) {
    Optimizer optimizer = Cases.optimizer(0.1, 0.01, 0.9);
    Network undisturbed = train(tiny(normalization), optimizer, 5);
    try (Learner learner = start(tiny(normalization), optimizer, 8)) {
      for (int s = 0; s < 5; s++) {
        learner.evaluate(NOISE);
        learner.step(batch(s, 8), 0.1);
        learner.logits(NOISE, 0, 9);
        learner.network();
      }
      assertThat(learner.network()).isEqualTo(undisturbed);
    }
  }

  private Network train(Network initial, Optimizer optimizer, int steps) {
    try (Learner learner = start(initial, optimizer, 8)) {
      for (int s = 0; s < steps; s++) {
        learner.step(batch(s, 8), optimizer.learningRate());
      }
      return learner.network();
    }
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void aRerunGivesTheSameBitsEvenBesideOthers(Normalization normalization) throws Exception {
    Optimizer optimizer = Cases.optimizer(0.1, 0.01, 0.9);
    Network initial = Cases.network(new Mlp(FEATURES, List.of(70, 40), CLASSES, normalization), 5);
    Network alone = train(initial, optimizer, 200);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Network>> runs = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        runs.add(threads.submit(() -> train(initial, optimizer, 200)));
      }
      for (Future<Network> run : runs) {
        assertThat(run.get()).isEqualTo(alone);
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void aSingleExampleLeavesRunningVariancesAlone() {
    Optimizer optimizer = Cases.optimizer(0.1, 0, 0);
    Network initial = tiny(BATCH);
    ReferenceMlp reference = new ReferenceMlp(initial, optimizer);
    reference.step(batch(0, 1), 0.1);
    try (Learner learner = start(initial, optimizer, 4)) {
      learner.step(batch(0, 1), 0.1);

      Cases.assertClose(
          learner.network(), reference.network(initial), Cases.SINGLE_PRECISION_TOLERANCE);
    }
  }

  @ParameterizedTest
  @CsvSource({"NONE, 0", "NONE, 0.9", "BATCH, 0.9"})
  void divergenceIsALossThatIsNoNumber(Normalization normalization, double momentum) {
    double rate = 1e30;
    try (Learner learner = start(tiny(normalization), Cases.optimizer(rate, 0, momentum), 8)) {
      double loss = 0;
      for (int s = 0; s < 10 && Double.isFinite(loss); s++) {
        loss = learner.step(batch(s, 8), rate).loss();
      }
      assertThat(loss).matches(l -> !Double.isFinite(l));
      assertThat(learner.step(batch(0, 8), rate).loss()).matches(l -> !Double.isFinite(l));
      assertThat(learner.evaluate(NOISE).loss()).matches(l -> !Double.isFinite(l));
      assertThat(learner.network().layers().get(0).weight().isFinite()).isFalse();
    }
  }

  @Test
  void closingTwiceIsHarmless() {
    Learner learner = start(tiny(NONE), Cases.optimizer(0.1, 0, 0.9), 4);
    learner.close();
    learner.close();
  }
}
