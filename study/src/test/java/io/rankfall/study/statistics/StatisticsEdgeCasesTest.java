package io.rankfall.study.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.study.statistics.Conclusion.Verdict;
import io.rankfall.study.statistics.RunSummary.Measured;
import io.rankfall.study.statistics.RunSummary.Outcome;
import io.rankfall.study.statistics.TauInterval.Over;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Studies that leave little to ask. */
class StatisticsEdgeCasesTest {
  @Test
  void noRunsAtAll() {
    StudyStatistics found = Studies.ask(List.of());
    assertThat(found.runs().total()).isZero();
    assertThat(found.trends()).isEmpty();
    assertThat(found.conclusions()).isEmpty();
    assertThat(found.notes()).hasSize(5);
  }

  @Test
  void divergedRunsAreCountedAndNothingElse() {
    List<RunSummary> all =
        Studies.grid(1, 1, (b, mu, wd, noise) -> 10 + b).stream().map(Studies::diverged).toList();
    StudyStatistics found = Studies.ask(all);
    assertThat(found.runs()).isEqualTo(new RunCounts(18, 0, 0, 18, 0, 0, 0));
    assertThat(found.apart()).hasSize(18);
    assertThat(found.trends()).isEmpty();
    assertThat(found.regressions()).isEmpty();
  }

  @Test
  void runsSetApartChangeNothing() {
    List<RunSummary> runs = Studies.grid(2, 1, (b, mu, wd, noise) -> 10 + b + noise.nextDouble());
    StudyStatistics alone = Studies.ask(runs);
    List<RunSummary> more = new ArrayList<>(runs);
    more.add(Studies.diverged(Studies.run(4, 0.01, 0.5, 1, 1)));
    // 10 classes, 1000 examples: up to 13.2 % can be guesses.
    more.add(Studies.run(4, 0.01, 0.5, 2, 1, 0.132));
    more.add(new RunSummary("open", "mlp", 4, 0.01, 0.5, 3, Outcome.UNFINISHED, 10, null));
    more.add(new RunSummary("lost", "mlp", 4, 0.01, 0.5, 4, Outcome.FAILED, 10, null));
    StudyStatistics found = Studies.ask(more);
    assertThat(found.trends()).isEqualTo(alone.trends());
    assertThat(found.regressions()).isEqualTo(alone.regressions());
    assertThat(found.relations()).isEqualTo(alone.relations());
    assertThat(found.runs()).isEqualTo(new RunCounts(40, 36, 0, 1, 1, 1, 1));
    assertThat(found.apart())
        .extracting(SetApart::reason)
        .containsExactly(
            SetApart.Reason.DIVERGED,
            SetApart.Reason.UNTRAINED,
            SetApart.Reason.UNFINISHED,
            SetApart.Reason.FAILED);
  }

  @Test
  void justAboveGuessingIsTrained() {
    RunSummary run = Studies.run(4, 0.01, 0.5, 2, 1, 0.133);
    assertThat(Studies.ask(List.of(run)).runs().used()).isEqualTo(1);
  }

  @Test
  void oneSeedAndFewBlocksGiveNoInterval() {
    List<RunSummary> runs = new ArrayList<>();
    for (int b = 0; b < 5; b++) {
      runs.add(Studies.run(4 << b, 0.1, 1e-3, 1, 10 + b));
    }
    Trend trend = Studies.ask(runs).trend(Quantity.RANK, SettingAxis.BATCH_SIZE).orElseThrow();
    assertThat(trend.interval()).isNull();
    assertThat(trend.tau()).isEqualTo(1);
    assertThat(trend.largestTau()).isEqualTo(1);
    // 1 order of 120.
    assertThat(trend.test().rising()).isBetween(1 / 120.0 - 1e-12, 1 / 120.0 + 1e-12);
    assertThat(Studies.ask(runs).conclusions().get(0).text())
        .contains("too few blocks and seeds for an interval");
  }

  @Test
  void oneValueOnAnAxisIsNoTrend() {
    List<RunSummary> runs = List.of(Studies.run(4, 0.1, 0, 1, 10), Studies.run(8, 0.1, 0, 1, 11));
    StudyStatistics found = Studies.ask(runs);
    assertThat(found.trends()).hasSize(1);
    assertThat(found.regressions()).isEmpty();
    assertThat(found.notes())
        .contains(
            "No trend along learning rate: no two runs differ in it and the seed alone.",
            "2 runs with weight decay 0 are not in the regressions: 0 has no logarithm.");
  }

  @Test
  void seedsOfFewBlocksGiveAnIntervalOverSeeds() {
    List<RunSummary> runs = new ArrayList<>();
    for (int seed = 1; seed <= 3; seed++) {
      runs.add(Studies.run(4, 0.1, 1e-3, seed, 10 + seed));
      runs.add(Studies.run(8, 0.1, 1e-3, seed, 12 + seed));
    }
    Trend trend = Studies.ask(runs).trends().get(0);
    assertThat(Objects.requireNonNull(trend.interval()).over()).isEqualTo(Over.SEEDS);
    assertThat(trend.largestTau()).isEqualTo(9 / Math.sqrt(9 * 14.0)); // two runs share rank 13
  }

  @Test
  void ranksThatNeverDifferLeaveTheClaimOpen() {
    StudyStatistics found = Studies.ask(Studies.grid(2, 1, (b, mu, wd, noise) -> 100));
    Trend trend = found.trends().get(0);
    assertThat(trend.tau()).isNull();
    assertThat(trend.test().twoSided()).isEqualTo(1);
    assertThat(found.conclusions()).extracting(Conclusion::verdict).containsOnly(Verdict.OPEN);
    assertThat(found.conclusions().get(0).text()).contains("The rank does not differ at all");
    assertThat(found.relations().get(0).marginal()).isNull();
    assertThat(found.regressions().get(0).rSquared()).isZero();
  }

  @Test
  void aBlockWithMissingCellsCountsWhatItHas() {
    List<RunSummary> runs = Studies.grid(1, 1, (b, mu, wd, noise) -> 10 + b);
    List<RunSummary> some = new ArrayList<>(runs);
    some.set(0, Studies.diverged(runs.get(0)));
    Trend trend = Studies.ask(some).trend(Quantity.RANK, SettingAxis.BATCH_SIZE).orElseThrow();
    assertThat(trend.blocks()).extracting(BlockTrend::levels).containsOnly(2, 3);
    assertThat(trend.test().score()).isEqualTo(5 * 3 + 1);
    assertThat(trend.tau()).isEqualTo(1);
  }

  @Test
  void runsOfDifferentNetworksAreNeverCompared() {
    List<RunSummary> runs = new ArrayList<>();
    for (RunSummary run : Studies.grid(1, 1, (b, mu, wd, noise) -> 10 + b)) {
      runs.add(run);
      runs.add(
          new RunSummary(
              "wide" + run.id(),
              "wide mlp",
              run.batchSize(),
              run.learningRate(),
              run.weightDecay(),
              run.seed(),
              run.outcome(),
              run.classes(),
              new Measured(run.meanRank() + 500, 0.9, 0.85, null)));
    }
    Trend trend = Studies.ask(runs).trend(Quantity.RANK, SettingAxis.BATCH_SIZE).orElseThrow();
    assertThat(trend.blocks()).hasSize(12);
    assertThat(trend.tau()).isEqualTo(1);
    assertThat(Studies.ask(runs).regressions().get(0).intercepts()).isEqualTo(2);
  }

  @Test
  void settingsThatDetermineEachOtherAreNotRegressedOn() {
    List<RunSummary> runs = new ArrayList<>();
    for (int b = 1; b <= 8; b++) {
      runs.add(Studies.run(b, 0.01 * b, 1e-3, 1, 10 + b % 3));
    }
    StudyStatistics found = Studies.ask(runs);
    assertThat(found.regressions()).isEmpty();
    assertThat(found.notes())
        .contains(
            "No regression on [log B, log mu]: too few settings, or settings that determine each other.");
  }

  @Test
  void printsJsonThatReadsBack() throws Exception {
    StudyStatistics found =
        Studies.ask(Studies.grid(2, 1, (b, mu, wd, noise) -> 10 + b + noise.nextDouble()));
    String json = found.json();
    assertThat(json).doesNotContain("NaN", "Infinity");
    JsonNode tree = new JsonMapper().readTree(json);
    assertThat(tree.get("trends").get(0).get("tau").asDouble())
        .isEqualTo(found.trends().get(0).tau());
    assertThat(new JsonMapper().readValue(json, StudyStatistics.class)).isEqualTo(found);
  }

  @Test
  void runsAreValidated() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Measured(Double.NaN, 0.5, 0.5, null))
        .withMessageContaining("mean rank: expected 0 or more, found NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Measured(1, 0.5, 1.5, null))
        .withMessageContaining("test accuracy: expected 0 to 1, found 1.5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RunSummary("x", "", 4, 0.1, 0, 1, Outcome.COMPLETED, 10, null))
        .withMessageContaining("run x: expected measurements");
  }
}
