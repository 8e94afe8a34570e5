package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.train.theory.BoundCheck.Measured;
import io.rankfall.train.theory.StepRecursion.Form;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class BoundCheckTest {
  /** ε = 0.1, 1 − μ·wd = 0.9: n = 29. */
  private static final MemoryWindow WINDOW =
      MemoryWindow.of(new StepRecursion(Form.HEAVY_BALL, 0.1, 0), 1, 0.1);

  private static final RankBound BINDING = new RankBound(WINDOW, 2, 3, 200, 300);

  private static BoundCheck check(
      RankBound bound, int rank, long steps, double norm, @Nullable Double remainder) {
    return BoundCheck.of(bound, new Measured(rank, steps, norm, remainder, 0), 29L);
  }

  @Test
  void theBoundIsBatchTimesPositionsTimesWindow() {
    assertThat(WINDOW.steps()).isEqualTo(29);
    assertThat(BINDING.rank()).isEqualTo(2 * 3 * 29);
    assertThat(BINDING.gradientRank()).isEqualTo(6);
    assertThat(new RankBound(WINDOW, 64, 1024, 200, 300).gradientRank()).isEqualTo(200);
    assertThat(new RankBound(WINDOW, Integer.MAX_VALUE, Integer.MAX_VALUE, 2, 2).rank())
        .isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void holdsWithItsSlack() {
    BoundCheck check = check(BINDING, 100, 29, 2, 0.1);
    assertThat(check.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(check.slack()).isEqualTo(74);
    assertThat(check.premise()).isEqualTo(0.05);
    assertThat(check.stepsNeeded()).isNull();
    assertThat(check(BINDING, 174, 29, 2, 0.1).verdict()).isEqualTo(Verdict.HOLDS);
  }

  @Test
  void isViolatedOneRankAboveTheBoundAndNoSooner() {
    BoundCheck check = check(BINDING, 175, 29, 2, 0.1);
    assertThat(check.verdict()).isEqualTo(Verdict.VIOLATED);
    assertThat(check.slack()).isEqualTo(-1);
  }

  @Test
  void isVacuousFromTheSmallerSideOn() {
    assertThat(new RankBound(WINDOW, 2, 3, 174, 300).vacuous()).isTrue();
    assertThat(new RankBound(WINDOW, 2, 3, 300, 175).vacuous()).isFalse();
    assertThat(new RankBound(WINDOW, 2, 3, 300, 174).vacuous()).isTrue();
    assertThat(check(new RankBound(WINDOW, 2, 3, 174, 300), 174, 5, 1, 9.0).verdict())
        .isEqualTo(Verdict.VACUOUS);
  }

  @Test
  void anInfiniteWindowIsVacuous() {
    MemoryWindow infinite = MemoryWindow.of(new StepRecursion(Form.HEAVY_BALL, 0, 0), 1, 0.1);
    RankBound bound = new RankBound(infinite, 1, 1, 50, 50);
    assertThat(bound.rank()).isNull();
    BoundCheck check = BoundCheck.of(bound, new Measured(50, 1000, 1, null, 0), null);
    assertThat(check.verdict()).isEqualTo(Verdict.VACUOUS);
    assertThat(check.slack()).isNull();
  }

  @Test
  void isNotYetBeforeTheWindowIsFull() {
    BoundCheck check = check(BINDING, 200, 28, 1, null);
    assertThat(check.verdict()).isEqualTo(Verdict.NOT_YET);
    assertThat(check.stepsNeeded()).isEqualTo(29);
    assertThat(check(BINDING, 200, 0, 1, null).verdict()).isEqualTo(Verdict.NOT_YET);
    assertThat(check(BINDING, 10, 28, 1, 0.0).verdict()).isEqualTo(Verdict.NOT_YET);
    assertThat(check(BINDING, 10, 29, 1, null).verdict()).isEqualTo(Verdict.NOT_YET);
  }

  @Test
  void isNotYetWhereTheNormFellMoreThanTheWindowAllows() {
    // 0.9^29 = 0.047, and the norm was 2.2 times as large.
    BoundCheck check = check(BINDING, 200, 29, 1, 2.2 * Math.pow(0.9, 29));
    assertThat(check.verdict()).isEqualTo(Verdict.NOT_YET);
    assertThat(check.premise()).isGreaterThan(0.1);
    assertThat(check.stepsNeeded()).isNull();
    assertThat(check(BINDING, 100, 29, 1, 2.0 * Math.pow(0.9, 29)).verdict())
        .isEqualTo(Verdict.HOLDS);
  }

  @Test
  void roundingBelongsToThePremise() {
    assertThat(BoundCheck.of(BINDING, new Measured(200, 50, 1, 0.05, 0.06), null).verdict())
        .isEqualTo(Verdict.NOT_YET);
    assertThat(BoundCheck.of(BINDING, new Measured(200, 50, 1, 0.05, 0.04), null).verdict())
        .isEqualTo(Verdict.VIOLATED);
  }

  /** ε → 0: the window only grows with ln(1/ε), but no measurement is that exact. */
  @Test
  void belowTheRoundingNothingCanBeJudged() {
    MemoryWindow window = MemoryWindow.of(new StepRecursion(Form.HEAVY_BALL, 0.1, 0), 1, 1e-300);
    assertThat(window.steps()).isBetween(6563L, 6564L);
    RankBound bound = new RankBound(window, 1, 1, 7000, 7000);
    assertThat(BoundCheck.of(bound, new Measured(7000, 9000, 1, 0.0, 1e-7), null).verdict())
        .isEqualTo(Verdict.NOT_YET);
    assertThat(BoundCheck.of(bound, new Measured(100, 9000, 1, 0.0, 0), null).verdict())
        .isEqualTo(Verdict.HOLDS);
  }

  @Test
  void zeroWeightsAreOfRankZero() {
    assertThat(check(BINDING, 0, 50, 0, 0.0).verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(check(BINDING, 0, 50, 0, 0.0).premise()).isEqualTo(0);
    // They were none n steps before: ‖W_{T−n}‖ ≤ 2·‖W_T‖ is false.
    BoundCheck vanished = check(BINDING, 0, 50, 0, 0.01);
    assertThat(vanished.verdict()).isEqualTo(Verdict.NOT_YET);
    assertThat(vanished.premise()).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void refusesWhatIsNoMeasurement() {
    assertThatThrownBy(() -> new Measured(1, 1, Double.NaN, 0.0, 0))
        .hasMessage(
            "measurement: expected numbers >= 0, found rank 1, step 1, norm NaN, rounding 0.0");
    assertThatThrownBy(() -> new RankBound(WINDOW, 0, 1, 1, 1))
        .hasMessage("rank bound: expected B, R and dimensions >= 1, found B=0, R=1, 1x1");
  }
}
