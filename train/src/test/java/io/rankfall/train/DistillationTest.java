package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DistillationTest {
  private static final int CLASSES = 5;

  private static float[] logits(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] logits = new float[CLASSES];
    for (int c = 0; c < CLASSES; c++) {
      logits[c] = (float) (6 * random.nextDouble() - 3);
    }
    return logits;
  }

  private static double[] softmax(float[] logits, double temperature) {
    double[] p = new double[CLASSES];
    for (int c = 0; c < CLASSES; c++) {
      p[c] = Math.exp(logits[c] / temperature);
    }
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(x -> x / sum).toArray();
  }

  /** By the formula of the class, as it stands there. */
  private static double byDefinition(float[] z, float[] t, int label, Distillation how) {
    double[] soft = softmax(z, how.temperature());
    double[] taught = softmax(t, how.temperature());
    double followed = 0;
    for (int c = 0; c < CLASSES; c++) {
      followed -= taught[c] * Math.log(soft[c]);
    }
    return (1 - how.share()) * -Math.log(softmax(z, 1)[label])
        + how.share() * how.temperature() * how.temperature() * followed;
  }

  @Property(tries = 200)
  void lossAndGradientAreThoseOfTheDefinition(
      @ForAll @IntRange(max = 1000) int seed,
      @ForAll @IntRange(max = CLASSES - 1) int label,
      @ForAll @DoubleRange(min = 0, max = 1) double share,
      @ForAll @DoubleRange(min = 0.5, max = 8) double temperature) {
    Distillation how = new Distillation(share, temperature);
    float[] z = logits(seed);
    float[] t = logits(seed + 5000);
    float[] row = new float[2 + CLASSES];
    System.arraycopy(z, 0, row, 2, CLASSES);
    float[] all = new float[3 + CLASSES];
    System.arraycopy(t, 0, all, 3, CLASSES);

    double loss = how.gradient(row, 2, CLASSES, label, all, 3, 0.25);

    assertThat(loss).isCloseTo(byDefinition(z, t, label, how), within(1e-5 * (1 + loss)));
    for (int c = 0; c < CLASSES; c++) {
      float[] up = z.clone();
      float[] down = z.clone();
      up[c] += 0.01f;
      down[c] -= 0.01f;
      double slope =
          (byDefinition(up, t, label, how) - byDefinition(down, t, label, how))
              / ((double) up[c] - down[c]);
      assertThat((double) row[2 + c]).isCloseTo(0.25 * slope, within(2e-4));
    }
    assertThat(row).startsWith(0, 0);
  }

  @Test
  void logitsFarApartGiveFiniteLosses() {
    float[] z = {1000, -1000};
    double loss = new Distillation(0.9, 0.5).gradient(z, 0, 2, 1, new float[] {-1000, 1000}, 0, 1);
    assertThat(loss).isFinite().isGreaterThan(1000);
    assertThat(z[0]).isFinite().isPositive();
  }

  @ParameterizedTest
  @EnumSource(LearnerKind.class)
  void aTeacherIsFollowedThoughLabelsSayOtherwise(LearnerKind kind) throws Exception {
    Examples examples = Cases.noise(64, 6, 3, 1);
    Dataset dataset = new Dataset("noise", examples, Cases.noise(16, 6, 3, 2), "0");
    RunSpec spec =
        new RunSettings()
            .hidden(List.of(16))
            .batchSize(8)
            .epochs(150)
            .weightDecay(0)
            .learner(kind)
            .spec("noise", examples.shape(), 3);
    Mlp other = new Mlp(6, List.of(12), 3, Mlp.Normalization.NONE);
    Network student = spec.architecture().initialize(Initialization.HE, 3);
    try (Learner teacher =
        kind.start(other.initialize(Initialization.HE, 9), spec.optimizer(), 8)) {
      Trainer trainer = new Trainer(dataset);
      Run alone = trainer.train(spec, student, TrainingListener.NONE);
      Run unmoved =
          trainer
              .taughtBy(teacher, new Distillation(0, 2))
              .train(spec, student, TrainingListener.NONE);
      Run taught =
          trainer
              .taughtBy(teacher, new Distillation(1, 2))
              .train(spec, student, TrainingListener.NONE);

      assertThat(unmoved.outcome()).isEqualTo(alone.outcome());
      assertThat(agreement(taught, teacher, examples))
          .isGreaterThan(0.95)
          .isGreaterThan(agreement(alone, teacher, examples) + 0.2);
    }
  }

  private static double agreement(Run run, Classifier teacher, Examples examples) {
    Network network = ((RunOutcome.Completed) run.outcome()).network();
    try (Learner learner = run.spec().start(network)) {
      float[] ours = learner.logits(examples, 0, examples.size());
      float[] theirs = teacher.logits(examples, 0, examples.size());
      int same = 0;
      for (int i = 0; i < examples.size(); i++) {
        same += Softmax.argmax(ours, 3 * i, 3) == Softmax.argmax(theirs, 3 * i, 3) ? 1 : 0;
      }
      return (double) same / examples.size();
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    assertThatThrownBy(() -> new Distillation(1.1, 1))
        .hasMessage("distillation: expected a share from 0 to 1, found 1.1");
    assertThatThrownBy(() -> new Distillation(Double.NaN, 1))
        .hasMessage("distillation: expected a share from 0 to 1, found NaN");
    assertThatThrownBy(() -> new Distillation(0.5, 0))
        .hasMessage("distillation: expected a temperature > 0, found 0.0");
  }
}
