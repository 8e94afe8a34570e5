package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.train.Dataset;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SGD noise: trainings of as many steps, which differ in batch size or decay alone. */
final class MovementTest {
  private static final int EXAMPLES = 80;
  private static final int STEPS = 800;
  private static final double DECAY = 0.5;
  private static final double RATE = 0.02;
  private static final TheorySettings SETTINGS =
      new TheorySettings(List.of(0.1), 5, 1 << 20, 0, TheorySettings.Depth.FULL);

  private final Dataset clouds =
      new Dataset("clouds", Clouds.of(EXAMPLES, 1), Clouds.of(20, 2), "none");

  @Test
  void smallBatchesAndDecayMakeWeightsMove() throws InterruptedException {
    List<Movement> movements = movements(1, DECAY);
    assertThat(movements).hasSize(11);
    Movement first = movements.get(0);
    assertThat(first.epochDistance()).isNull();
    // Before training W is of full rank: almost all of it decays.
    assertThat(first.stepFloor()).isBetween(0.9 * RATE * DECAY, RATE * DECAY);
    for (Movement movement : movements.subList(0, 10)) {
      assertThat(movement.stepFloor()).isGreaterThan(1e-4);
      assertThat(movement.stepDistance()).isGreaterThan(movement.stepFloor());
    }
    assertThat(movements.get(10).stepDistance()).isNull();
    assertThat(movements.get(10).epochDistance()).isGreaterThan(0.01);
  }

  /** The same steps without decay: nothing is to be made up for, so nothing has to move. */
  @Test
  void withoutDecayTheyComeToRest() throws InterruptedException {
    List<Movement> decaying = movements(1, DECAY);
    List<Movement> free = movements(1, 0);
    for (Movement movement : free.subList(0, 10)) {
      assertThat(movement.stepFloor()).isZero();
    }
    assertThat(free.get(9).stepDistance())
        .isLessThan(0.1 * requireNonNull(decaying.get(9).stepFloor()));
    assertThat(free.get(10).epochDistance())
        .isLessThan(0.1 * requireNonNull(decaying.get(10).epochDistance()));
  }

  /** All examples in one batch: the gradient can have any rank, and make up for all that decays. */
  @Test
  void withoutSmallBatchesTheyComeToRest() throws InterruptedException {
    List<Movement> noisy = movements(1, DECAY);
    List<Movement> calm = movements(EXAMPLES, DECAY);
    assertThat(calm).hasSize(STEPS + 1);
    for (Movement movement : calm.subList(0, STEPS)) {
      assertThat(movement.stepFloor()).isZero();
    }
    assertThat(calm.get(STEPS - 1).stepDistance())
        .isLessThan(0.1 * requireNonNull(noisy.get(9).stepFloor()));
    // An epoch's worth of steps, added up, is not as far as the other ends up from where it began.
    double path =
        calm.subList(STEPS - EXAMPLES + 1, STEPS + 1).stream()
            .mapToDouble(movement -> requireNonNull(movement.epochDistance()))
            .sum();
    assertThat(path).isLessThan(0.5 * requireNonNull(noisy.get(10).epochDistance()));
  }

  /** Of the first layer. */
  private List<Movement> movements(int batch, double decay) throws InterruptedException {
    RunSpec spec =
        new RunSpec(
            clouds.name(),
            new Mlp(Clouds.FEATURES, List.of(40), 3, Mlp.Normalization.NONE),
            Initialization.HE,
            batch,
            new Optimizer(RATE, decay, 0, StepSchedule.CONSTANT),
            STEPS * batch / EXAMPLES,
            5,
            LearnerKind.FUSED);
    TheoryProbe probe = new TheoryProbe(spec, clouds, SETTINGS);
    TheoryReport report = probe.report(new Trainer(clouds).train(spec, probe).outcome());
    assertThat(report.holds()).as(report.json()).isTrue();
    return report.layers().get(0).movements();
  }
}
