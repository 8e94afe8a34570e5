package io.rankfall.cli;

import io.rankfall.spectra.RankRule;
import io.rankfall.train.Dataset;
import io.rankfall.train.StopRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What ends a training before its last epoch. */
final class StopOptions {
  @Option(
      names = "--until-rank",
      paramLabel = "R",
      description = {
        "End once the mean rank of all matrices but classifier, shortcuts and products is at most R.",
        "With --until-accuracy: once both hold. Exit code 1 when --epochs come first."
      })
  private @Nullable Double rank;

  @Option(
      names = "--tau",
      paramLabel = "TAU",
      description = "--until-rank counts the σ/‖W‖F above it.")
  private double tau = 1e-2;

  @Option(
      names = "--until-accuracy",
      paramLabel = "A",
      description = "End once the test accuracy, 0 to 1, is at least A; see --validation.")
  private @Nullable Double accuracy;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description = "End after N epochs without a better test accuracy; see --validation.")
  private @Nullable Integer patience;

  @Option(
      names = "--validation",
      paramLabel = "N",
      description = {
        "Hold out the last N training examples, and decide by them instead of the test examples:",
        "what is best, --until-accuracy, --patience. Without it the test accuracy of a network",
        "that was chosen is too good, by what luck gave it."
      })
  private @Nullable Integer validation;

  /** The rules, the goal first: where it is met in the epoch that ends the patience, it is met. */
  List<StopRule> rules() {
    List<StopRule> rules = new ArrayList<>();
    StopRule.Goal goal = goal();
    if (goal != null) {
      rules.add(goal);
    }
    if (patience != null) {
      rules.add(new StopRule.Patience(patience));
    }
    return rules;
  }

  /** What the training is to reach; null if nothing. */
  StopRule.@Nullable Goal goal() {
    return rank == null && accuracy == null
        ? null
        : new StopRule.Goal(
            rank == null ? Double.POSITIVE_INFINITY : rank,
            new RankRule.FrobeniusRelative(tau),
            accuracy == null ? 0 : accuracy);
  }

  /** The data set, with validation examples if they are asked for. */
  Dataset data(Dataset all) {
    return validation == null ? all : all.holdOut(validation);
  }
}
