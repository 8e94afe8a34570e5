package io.rankfall.study.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.study.statistics.Conclusion.Verdict;
import io.rankfall.study.statistics.TauInterval.Over;
import io.rankfall.study.statistics.TrendTest.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.hipparchus.stat.correlation.KendallsCorrelation;
import org.junit.jupiter.api.Test;

/** What holds of every study. */
class StatisticsPropertiesTest {
  private static List<RunSummary> noisy(int seeds, long noise) {
    return Studies.grid(
        seeds,
        noise,
        (b, mu, wd, random) -> Math.rint(20 + 3 * b - 2 * mu + 8 * random.nextDouble()));
  }

  @Property(tries = 10)
  void theOrderOfRunsDoesNotMatter(@ForAll long order, @ForAll @LongRange(max = 50) long noise) {
    List<RunSummary> runs = noisy(2, noise);
    assertThat(Studies.ask(Studies.shuffled(runs, order))).isEqualTo(Studies.ask(runs));
  }

  @Property(tries = 10)
  void onlyTheOrderOfRanksMattersToTrends(@ForAll @LongRange(max = 1000) long noise) {
    List<RunSummary> runs = noisy(2, noise);
    List<RunSummary> bent =
        runs.stream().map(r -> Studies.withRank(r, rank -> Math.exp(rank / 9))).toList();
    assertThat(withoutHolm(bent)).isEqualTo(withoutHolm(runs));
  }

  /** The correction counts correlations too, which are over means of ranks. */
  private static List<Trend> withoutHolm(List<RunSummary> runs) {
    return Studies.ask(runs).trends().stream().map(trend -> trend.adjusted(1)).toList();
  }

  @Property(tries = 10)
  void turningRanksAroundTurnsTrendsAround(@ForAll @LongRange(max = 1000) long noise) {
    List<RunSummary> runs = noisy(2, noise);
    List<RunSummary> turned =
        runs.stream().map(r -> Studies.withRank(r, rank -> 100 - rank)).toList();
    for (SettingAxis axis : SettingAxis.values()) {
      Trend a = Studies.ask(runs).trend(Quantity.RANK, axis).orElseThrow();
      Trend b = Studies.ask(turned).trend(Quantity.RANK, axis).orElseThrow();
      assertThat(b.tau()).isEqualTo(-Objects.requireNonNull(a.tau()));
      assertThat(b.test().rising()).isCloseTo(a.test().falling(), within(1e-12));
    }
  }

  @Property(tries = 30)
  void tauIsNeverAboveWhatTiesAllow(
      @ForAll @LongRange(max = 1000) long noise, @ForAll @IntRange(min = 1, max = 20) int coarse) {
    List<RunSummary> runs =
        Studies.grid(3, noise, (b, mu, wd, random) -> (5 * b + 3 * random.nextDouble()) / coarse)
            .stream()
            .map(r -> Studies.withRank(r, Math::rint))
            .toList();
    for (Trend trend : Studies.ask(runs).trends()) {
      assertThat(trend.largestTau()).isBetween(0.0, 1 + 1e-12);
      if (trend.tau() != null) {
        assertThat(Math.abs(trend.tau())).isLessThanOrEqualTo(trend.largestTau() + 1e-12);
      }
    }
  }

  @Property(tries = 30)
  void oneBlockIsKendallsTau(
      @ForAll @LongRange(max = 1000) long seed, @ForAll @IntRange(min = 2, max = 6) int levels) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] x = new double[2 * levels];
    double[] y = new double[x.length];
    List<double[]> ranks = new ArrayList<>();
    for (int l = 0; l < levels; l++) {
      double[] level = {random.nextInt(5), random.nextInt(5)};
      x[2 * l] = l;
      x[2 * l + 1] = l;
      System.arraycopy(level, 0, y, 2 * l, 2);
      ranks.add(level);
    }
    Double tau = new Block("", ranks).tau();
    double expected = new KendallsCorrelation().correlation(x, y);
    if (tau == null) {
      assertThat(expected).isNaN();
    } else {
      assertThat(tau).isCloseTo(expected, within(1e-12));
    }
  }

  @Test
  void withoutAnEffectSmallPAreAsRareAsTheySay() {
    int[] low = new int[3];
    int studies = 400;
    int covered = 0;
    for (int i = 0; i < studies; i++) {
      List<RunSummary> runs =
          Studies.grid(2, 1000 + i, (b, mu, wd, noise) -> 30 + 5 * noise.nextDouble());
      List<Trend> trends = Studies.ask(runs).trends();
      for (int t = 0; t < trends.size(); t++) {
        low[t] += trends.get(t).test().twoSided() < 0.2 ? 1 : 0;
      }
      Interval interval = Objects.requireNonNull(trends.get(0).interval(), "interval").interval();
      covered += interval.excludesZero() ? 0 : 1;
    }
    for (int count : low) {
      // 4 standard errors of 80; discrete tests stay below their level.
      assertThat(count).isBetween(40, 112);
    }
    // A percentile interval over 6 blocks covers less than it says, but not much less.
    assertThat(covered / (double) studies).isBetween(0.8, 0.99);
  }

  @Test
  void exactAndNormalAgreeInLargeBlocks() {
    SplittableRandom random = new SplittableRandom(3);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      List<double[]> levels = new ArrayList<>();
      for (int l = 0; l < 4; l++) {
        double shift = 0.06 * l;
        levels.add(IntStream.range(0, 3).mapToDouble(k -> random.nextDouble() + shift).toArray());
      }
      blocks.add(new Block("", levels));
    }
    TrendTest exact = StratifiedTest.of(blocks);
    TrendTest normal = StratifiedTest.normal(blocks);
    assertThat(exact.method()).isEqualTo(Method.EXACT);
    assertThat(normal.rising()).isBetween(0.8 * exact.rising(), 1.25 * exact.rising());
    assertThat(normal.falling()).isCloseTo(exact.falling(), within(1e-3));
  }

  @Test
  void aLargeBlockIsTestedByTheNormalDistribution() {
    SplittableRandom random = new SplittableRandom(4);
    List<double[]> levels = new ArrayList<>();
    for (int l = 0; l < 6; l++) {
      levels.add(IntStream.range(0, 20).mapToDouble(k -> random.nextDouble()).toArray());
    }
    TrendTest test = StratifiedTest.of(List.of(new Block("", levels)));
    assertThat(test.method()).isEqualTo(Method.NORMAL);
    assertThat(test.rising() + test.falling()).isCloseTo(1, within(0.01));
  }

  @Test
  void probabilitiesSumToOneAndTheirVarianceIsTheFormula() {
    int[] levels = {2, 1, 3};
    int[] ties = {1, 3, 2};
    double[] p = PermutationNull.of(levels, ties);
    double variance = 0;
    for (int s = 0; s < p.length; s++) {
      variance += p[s] * Math.pow(s - p.length / 2, 2);
    }
    assertThat(Arrays.stream(p).sum()).isCloseTo(1, within(1e-12));
    Block block =
        new Block("", List.of(new double[] {1, 2}, new double[] {2}, new double[] {2, 3, 3}));
    assertThat(variance).isCloseTo(block.nullVariance(), within(1e-9));
  }

  @Test
  void aPlantedEffectIsFound() {
    List<RunSummary> runs =
        Studies.grid(
            3,
            5,
            (b, mu, wd, noise) ->
                30
                    * Math.pow(4, 0.3 * b)
                    * Math.pow(10, -0.2 * mu)
                    * Math.pow(2, -0.15 * wd)
                    * (1 + 0.02 * noise.nextGaussian()));
    StudyStatistics found = Studies.ask(runs);
    assertThat(found.conclusions().subList(0, 3))
        .extracting(Conclusion::verdict)
        .containsOnly(Verdict.SUPPORTED);
    assertThat(found.conclusions().get(0).text())
        .startsWith("Smaller batches go with lower rank: τ = 0.8")
        .contains("over 6 blocks", "rises in 6 and falls in 0");
    List<Coefficient> slopes = found.regressions().get(0).coefficients();
    double[] planted = {0.3, -0.2, -0.15};
    for (int c = 0; c < planted.length; c++) {
      assertThat(slopes.get(c).interval().low()).isLessThan(planted[c] + 0.005);
      assertThat(slopes.get(c).interval().high()).isGreaterThan(planted[c] - 0.005);
      assertThat(slopes.get(c).estimate()).isCloseTo(planted[c], within(0.02));
    }
    TauInterval interval = Objects.requireNonNull(found.trends().get(0).interval());
    assertThat(interval.over()).isEqualTo(Over.BLOCKS);
  }

  @Test
  void theOppositeEffectContradicts() {
    List<RunSummary> runs =
        Studies.grid(3, 5, (b, mu, wd, noise) -> 30 - 5 * b + noise.nextDouble());
    Conclusion conclusion = Studies.ask(runs).conclusions().get(0);
    assertThat(conclusion.verdict()).isEqualTo(Verdict.CONTRADICTED);
    assertThat(conclusion.text())
        .startsWith("Against the claim, smaller batches go with higher rank: τ = −0.");
  }
}
