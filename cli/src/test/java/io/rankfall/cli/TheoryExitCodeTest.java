package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.theory.BoundCheck;
import io.rankfall.train.theory.BoundCheck.Measured;
import io.rankfall.train.theory.EpochBounds;
import io.rankfall.train.theory.EpochBounds.EpsilonCheck;
import io.rankfall.train.theory.IdentityCheck;
import io.rankfall.train.theory.LayerTheory;
import io.rankfall.train.theory.MemoryWindow;
import io.rankfall.train.theory.RankBound;
import io.rankfall.train.theory.TestAccuracy;
import io.rankfall.train.theory.TheoryReport;
import io.rankfall.train.theory.TheorySettings;
import io.rankfall.train.theory.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Reports that no correct code makes: what the shell is told of them. */
final class TheoryExitCodeTest {
  private static final RunSpec SPEC =
      new RunSpec(
          "forged",
          new Mlp(50, List.of(40), 2, Mlp.Normalization.NONE),
          Initialization.HE,
          1,
          new Optimizer(1, 0.3, 0, StepSchedule.CONSTANT),
          1,
          1,
          LearnerKind.FUSED);
  private static final RunOutcome COMPLETED = new RunOutcome.Completed(network());
  private static final IdentityCheck ROUNDING = new IdentityCheck(60, 1, 1e-7, 1e-5);

  @ParameterizedTest
  @EnumSource(Verdict.class)
  void onlyAViolatedBoundIsAFinding(Verdict verdict) {
    BoundCheck check = check(verdict);
    assertThat(check.verdict()).isEqualTo(verdict);
    int expected = verdict == Verdict.VIOLATED ? ExitCode.FINDING : ExitCode.OK;
    assertThat(TheoryCommand.exitCode(report(check, ROUNDING).holds(), COMPLETED, true))
        .isEqualTo(expected);
  }

  @Test
  void anIdentityBeyondRoundingIsAFinding() {
    TheoryReport report = report(check(Verdict.HOLDS), new IdentityCheck(60, 1, 1e-4, 1e-5));
    assertThat(TheoryCommand.exitCode(report.holds(), COMPLETED, true)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"true, true, 0", "true, false, 1", "false, true, 1", "false, false, 1"})
  void soIsATrainingThatDivergedOrArrivedElsewhere(boolean completed, boolean arrived, int code) {
    RunOutcome outcome = completed ? COMPLETED : new RunOutcome.Diverged(1, 7, "loss is NaN");
    TheoryReport report = report(check(Verdict.HOLDS), ROUNDING);
    assertThat(TheoryCommand.exitCode(report.holds(), outcome, arrived)).isEqualTo(code);
  }

  private static Network network() {
    return SPEC.architecture().initialize(SPEC.initialization(), SPEC.seed());
  }

  /** Of a 40×50 matrix with the window of nine steps, behind step 60. */
  private static BoundCheck check(Verdict verdict) {
    int batch = verdict == Verdict.VACUOUS ? 10 : 1;
    int rank = verdict == Verdict.VIOLATED ? 10 : 9;
    double remainder = verdict == Verdict.NOT_YET ? 0.2 : 0.05;
    MemoryWindow window = new MemoryWindow(0.1, 9L, 9L);
    return BoundCheck.of(
        new RankBound(window, batch, 1, 40, 50), new Measured(rank, 60, 1, remainder, 0), null);
  }

  private static TheoryReport report(BoundCheck check, IdentityCheck identity) {
    EpochBounds epoch = new EpochBounds(1, 60, 1, List.of(new EpsilonCheck(check, null)));
    LayerTheory layer =
        new LayerTheory(
            "fc1", 40, 50, 1, List.of(), List.of(identity), List.of(), List.of(epoch), List.of());
    return new TheoryReport(
        TheoryReport.FORMAT_VERSION,
        SPEC,
        60,
        60,
        "COMPLETED",
        new TestAccuracy(1, 0.9, 0.5, 20),
        TheorySettings.DEFAULT,
        0.15,
        0.3,
        0.7,
        List.of(check.bound().window()),
        List.of(),
        9,
        1,
        List.of(layer),
        List.of());
  }
}
