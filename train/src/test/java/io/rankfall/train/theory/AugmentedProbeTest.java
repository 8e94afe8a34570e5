package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.train.Augmentation;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.InputShape;
import io.rankfall.train.Labels;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Loss;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images that change whenever they are trained on: the inputs are others, their number is not. */
final class AugmentedProbeTest {
  private static final InputShape SHAPE = new InputShape(1, 9, 8);
  private static final TheorySettings SETTINGS =
      new TheorySettings(List.of(0.3, 0.1, 0.01), 20, 4 << 20, 3, TheorySettings.Depth.FULL);

  private final Dataset images = new Dataset("images", images(101, 1), images(20, 2), "none");

  @ParameterizedTest
  @CsvSource({"FUSED, 1", "FUSED, 3", "DJL, 1"})
  void everythingHoldsOfChangedImages(LearnerKind kind, int batch) throws InterruptedException {
    TheoryReport report = report(kind, batch, Augmentation.parse("crop=2,flip,rotate=10"));

    assertThat(report.outcome()).isEqualTo("COMPLETED");
    assertThat(report.holds()).as(report.json()).isTrue();
    for (LayerTheory layer : report.layers()) {
      assertThat(layer.gradients()).hasSize(20).allMatch(rank -> rank.bound() <= batch);
      assertThat(layer.gradients()).anyMatch(rank -> rank.numerical() == batch);
      assertThat(layer.identity())
          .isNotEmpty()
          .allMatch(IdentityCheck::holds)
          .anyMatch(check -> check.residual() > 1e-9);
    }
    BoundCheck check = last(report);
    assertThat(check.verdict()).isEqualTo(batch == 1 ? Verdict.HOLDS : Verdict.VACUOUS);
    assertThat(check.bound().rank()).isEqualTo(37L * batch);

    // Another training than that of the images as they are.
    TheoryReport unchanged = report(kind, batch, Augmentation.NONE);
    assertThat(unchanged.layers().get(0).epochs().get(0))
        .isEqualTo(report.layers().get(0).epochs().get(0));
    assertThat(unchanged.layers().get(0).epochs().get(2).norm())
        .isNotEqualTo(report.layers().get(0).epochs().get(2).norm());
  }

  /** At ε = 0.3, of the first layer. */
  private static BoundCheck last(TheoryReport report) {
    return report.layers().get(0).epochs().get(2).checks().get(0).apriori();
  }

  private TheoryReport report(LearnerKind kind, int batch, Augmentation augmentation)
      throws InterruptedException {
    RunSpec spec =
        new RunSpec(
            images.name(),
            new Mlp(SHAPE.size(), List.of(60), 3, Mlp.Normalization.NONE),
            Initialization.HE,
            batch,
            new Optimizer(0.1, 0.5, 0, StepSchedule.CONSTANT),
            2,
            5,
            kind,
            Loss.CROSS_ENTROPY,
            augmentation);
    TheoryProbe probe = new TheoryProbe(spec, images, SETTINGS);
    return probe.report(new Trainer(images).train(spec, probe).outcome());
  }

  /** A bright bar at the top, in the middle or at the bottom, on noise. */
  private static Examples images(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[size * SHAPE.size()];
    int[] labels = new int[size];
    for (int i = 0; i < inputs.length; i++) {
      int example = i / SHAPE.size();
      int row = i % SHAPE.size() / SHAPE.width();
      labels[example] = example % 3;
      inputs[i] = (float) (random.nextGaussian() + (row / 3 == example % 3 ? 2 : 0));
    }
    return Examples.of(SHAPE, inputs, Labels.of(3, labels));
  }
}
