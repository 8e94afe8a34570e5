package io.rankfall.study.statistics;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How two quantities go together.
 *
 * @param response rank or share
 * @param quality what it is compared with
 * @param marginal over all settings of each network and schedule, whose ranks have different
 *     ceilings; null if they are too few or do not differ
 * @param partial of what B, μ, wd and the other settings, each held fixed, leave unexplained
 */
public record Relation(
    Quantity response,
    Quantity quality,
    @Nullable Association marginal,
    @Nullable Association partial) {

  /** Those there are, the marginal one first. */
  Stream<Association> associations() {
    return Stream.of(Optional.ofNullable(marginal), Optional.ofNullable(partial))
        .flatMap(Optional::stream);
  }

  /** Those of rank and generalization and, where any run was searched, those of the share. */
  static List<Relation> of(List<RunSummary> runs) {
    SettingMeans all = new SettingMeans(runs);
    Stream<Relation> ofRank =
        Stream.of(Quantity.TEST_ACCURACY, Quantity.GENERALIZATION_GAP)
            .map(quality -> of(Quantity.RANK, quality, all));
    List<RunSummary> searched = runs.stream().filter(Quantity.SHARE::isKnownOf).toList();
    if (searched.isEmpty()) {
      return ofRank.toList();
    }
    SettingMeans some = new SettingMeans(searched);
    return Stream.concat(
            ofRank,
            Stream.of(
                of(Quantity.RANK, Quantity.SHARE, some),
                of(Quantity.SHARE, Quantity.TEST_ACCURACY, some)))
        .toList();
  }

  private static Relation of(Quantity response, Quantity quality, SettingMeans means) {
    return new Relation(
        response, quality, means.marginal(response, quality), means.partial(response, quality));
  }
}
