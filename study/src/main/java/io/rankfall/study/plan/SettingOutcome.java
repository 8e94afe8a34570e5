package io.rankfall.study.plan;

import io.rankfall.study.statistics.RunSummary;
import io.rankfall.study.statistics.RunSummary.Measured;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What came of a setting over its seeds.
 *
 * @param runs that trained
 * @param lost runs that diverged or learned nothing: in no other number
 * @param met how many of the runs meet the wish
 * @param rank over the runs
 * @param testAccuracy over the runs
 * @param share of parameters needed within 1 point of their own accuracy, over the runs that were
 *     searched; null if none was
 */
public record SettingOutcome(
    int batchSize,
    double learningRate,
    double weightDecay,
    int runs,
    int lost,
    int met,
    Spread rank,
    Spread testAccuracy,
    @Nullable Spread share) {

  /**
   * @param trained runs that differ in the seed alone, at least one
   */
  static SettingOutcome of(List<RunSummary> trained, int lost, Wish wish) {
    List<Measured> results = trained.stream().map(RunSummary::result).toList();
    List<Double> shares = results.stream().map(Measured::share).filter(Objects::nonNull).toList();
    RunSummary first = trained.get(0);
    return new SettingOutcome(
        first.batchSize(),
        first.learningRate(),
        first.weightDecay(),
        trained.size(),
        lost,
        (int) results.stream().filter(r -> wish.isMetBy(r.meanRank(), r.testAccuracy())).count(),
        spread(results, Measured::meanRank),
        spread(results, Measured::testAccuracy),
        shares.isEmpty() ? null : Spread.of(shares));
  }

  private static Spread spread(List<Measured> results, Function<Measured, Double> number) {
    return Spread.of(results.stream().map(number).toList());
  }

  /** Its medians meet the wish, and no run was lost. */
  boolean meets(Wish wish) {
    return lost == 0 && wish.isMetBy(rank.median(), testAccuracy.median());
  }
}
