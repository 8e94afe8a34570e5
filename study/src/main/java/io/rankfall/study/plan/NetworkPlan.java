package io.rankfall.study.plan;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the runs of one network, trained one way, say to a wish.
 *
 * @param network all settings but B, μ, wd and seed, in words
 * @param training of all of them
 * @param settings that were trained, with at least one run that learned something
 * @param reached those that meet the wish, the most accurate first
 * @param smallest of those that are accurate enough, the ones of lowest rank, if none meets the
 *     wish
 * @param mostAccurate of those of low enough rank, the most accurate, if none meets the wish
 * @param law how well the law of {@link WeightDecayFit} describes them; null if there is none
 * @param estimates for each B and μ asked for
 * @param nearRank what was measured near the wanted rank; null if nothing was
 */
public record NetworkPlan(
    String network,
    NetworkTraining training,
    int settings,
    List<SettingOutcome> reached,
    List<SettingOutcome> smallest,
    List<SettingOutcome> mostAccurate,
    @Nullable Law law,
    List<WeightDecayEstimate> estimates,
    @Nullable NearRank nearRank) {

  /**
   * The law behind estimates.
   *
   * @param settings that it was fitted to
   * @param rSquared share of the variance of ln(r/(full − r)) over them
   */
  public record Law(int settings, double rSquared) {}

  /**
   * The test accuracy of settings whose median rank is within a factor of the wanted one.
   *
   * @param testAccuracy over the settings' medians
   */
  public record NearRank(double factor, int settings, Spread testAccuracy) {}

  public NetworkPlan {
    reached = List.copyOf(reached);
    smallest = List.copyOf(smallest);
    mostAccurate = List.copyOf(mostAccurate);
    estimates = List.copyOf(estimates);
  }
}
