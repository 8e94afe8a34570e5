package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.train.theory.EpochBounds.EpsilonCheck;
import io.rankfall.train.theory.StepRecursion.Form;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One number that is not as it must be is enough for a layer not to hold. */
final class HeldRecordsTest {
  private static final GradientRank RANK = new GradientRank("fc1", 1, 1, 1, 1);
  private static final IdentityCheck IDENTITY = new IdentityCheck(9, 3, 1e-7, 1e-6);
  private static final WitnessPoint WITNESS = new WitnessPoint(3, 0.5, 0.5, 1e-6, 4, 4, 0.4);
  private static final Movement MOVEMENT = new Movement(1, 0.5, 0.2, 0.1, 1e-6);

  private static LayerTheory layer(
      GradientRank rank,
      IdentityCheck identity,
      WitnessPoint witness,
      Movement movement,
      int measured,
      @Nullable Integer shortest) {
    EpsilonCheck check =
        new EpsilonCheck(bound(measured), shortest == null ? null : bound(shortest));
    return new LayerTheory(
        "fc1",
        90,
        80,
        1,
        List.of(RANK, rank),
        List.of(IDENTITY, identity),
        List.of(WITNESS, witness),
        List.of(new EpochBounds(1, 99, 1, List.of(check))),
        List.of(MOVEMENT, movement));
  }

  /** 29 is the bound. */
  private static BoundCheck bound(int measured) {
    MemoryWindow window = MemoryWindow.of(new StepRecursion(Form.HEAVY_BALL, 0.1, 0), 1, 0.1);
    RankBound bound = new RankBound(window, 1, 1, 90, 80);
    return BoundCheck.of(bound, new BoundCheck.Measured(measured, 99, 1, 0.01, 0), null);
  }

  @Test
  void allHold() {
    assertThat(layer(RANK, IDENTITY, WITNESS, MOVEMENT, 29, 29).holds()).isTrue();
    assertThat(layer(RANK, IDENTITY, WITNESS, MOVEMENT, 29, null).holds()).isTrue();
  }

  @Test
  void oneDoesNot() {
    GradientRank rank = new GradientRank("fc1", 2, 1, 2, null);
    assertThat(layer(rank, IDENTITY, WITNESS, MOVEMENT, 29, 29).holds()).isFalse();
    IdentityCheck identity = new IdentityCheck(9, 3, 1.1e-6, 1e-6);
    assertThat(layer(RANK, identity, WITNESS, MOVEMENT, 29, 29).holds()).isFalse();
    WitnessPoint witness = new WitnessPoint(3, 0.5, 0.5, 1e-6, 4, 5, 0.4);
    assertThat(layer(RANK, IDENTITY, witness, MOVEMENT, 29, 29).holds()).isFalse();
    Movement movement = new Movement(1, 0.5, 0.1, 0.11, 1e-6);
    assertThat(layer(RANK, IDENTITY, WITNESS, movement, 29, 29).holds()).isFalse();
    assertThat(layer(RANK, IDENTITY, WITNESS, MOVEMENT, 30, 29).holds()).isFalse();
    assertThat(layer(RANK, IDENTITY, WITNESS, MOVEMENT, 29, 30).holds()).isFalse();
  }

  @Test
  void roundingIsAllowedFor() {
    assertThat(new IdentityCheck(9, 3, 1e-6, 1e-6).holds()).isTrue();
    assertThat(new Movement(1, null, 0.1, 0.1 + 1e-7, 1e-6).holds()).isTrue();
    assertThat(new Movement(1, null, null, null, 0).holds()).isTrue();
    assertThat(new Movement(1, null, 0.1, null, 0).holds()).isTrue();
    assertThat(new WitnessPoint(3, 0.5 + 1e-7, 0.5, 1e-6, 4, 4, 0.4).holds()).isTrue();
    assertThat(new WitnessPoint(3, 0.6, 0.5, 1e-6, 4, 4, 0.4).holds()).isFalse();
    assertThat(new WitnessPoint(3, 0.6, null, 1e-6, 4, 4, 0.4).holds()).isTrue();
    assertThat(new WitnessPoint(3, 0.5, 0.5, 1e-6, 4, 4, 0.6).holds()).isFalse();
  }
}
