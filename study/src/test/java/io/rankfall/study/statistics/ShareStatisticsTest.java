package io.rankfall.study.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.study.statistics.Conclusion.Verdict;
import io.rankfall.study.statistics.RunSummary.Measured;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What is asked of compressibility: as of rank, on the runs that were searched. */
class ShareStatisticsTest {
  private static final List<RunSummary> RANKED =
      Studies.grid(3, 5, (b, mu, wd, noise) -> 20 + 8 * b - 5 * mu - 3 * wd + noise.nextDouble());

  /** Half of the rank in percent. */
  private static final List<RunSummary> SEARCHED =
      RANKED.stream().map(run -> Studies.withShare(run, rank -> rank / 200)).toList();

  @Test
  void withoutASearchNothingIsSaidOfIt() {
    StudyStatistics found = Studies.ask(RANKED);
    assertThat(found.runs().searched()).isZero();
    assertThat(found.tests()).isEqualTo(3 + 4);
    assertThat(found.trends()).extracting(Trend::response).containsOnly(Quantity.RANK);
    assertThat(found.conclusions()).noneMatch(c -> c.id().contains("share"));
    assertThat(found.notes()).noneMatch(note -> note.contains("share"));
  }

  @Test
  void aShareThatFollowsRankHasItsTrends() {
    StudyStatistics found = Studies.ask(SEARCHED);
    assertThat(found.runs().searched()).isEqualTo(54);
    assertThat(found.trends()).hasSize(6);
    for (SettingAxis axis : SettingAxis.values()) {
      Trend rank = found.trend(Quantity.RANK, axis).orElseThrow();
      Trend share = found.trend(Quantity.SHARE, axis).orElseThrow();
      assertThat(share.tau()).isEqualTo(rank.tau());
      assertThat(share.expected()).isEqualTo(rank.expected());
      assertThat(share.interval()).isEqualTo(rank.interval());
      assertThat(share.test().twoSided()).isEqualTo(rank.test().twoSided());
      assertThat(share.blocks()).isEqualTo(rank.blocks());
    }
  }

  @Test
  void aShareThatGoesAgainstRankHasItsOwnTrends() {
    StudyStatistics found =
        Studies.ask(RANKED.stream().map(r -> Studies.withShare(r, rank -> 1 / rank)).toList());
    for (SettingAxis axis : SettingAxis.values()) {
      Trend rank = found.trend(Quantity.RANK, axis).orElseThrow();
      Trend share = found.trend(Quantity.SHARE, axis).orElseThrow();
      assertThat(share.tau()).isEqualTo(-Objects.requireNonNull(rank.tau()));
    }
    assertThat(text(found, "share-by-batch-size"))
        .startsWith(
            "Against the claim, smaller batches go with a larger share of parameters needed: τ = −0.");
    assertThat(verdict(found, "rank-and-share")).isEqualTo(Verdict.CONTRADICTED);
    assertThat(text(found, "rank-and-share"))
        .startsWith("Over all settings, lower rank goes with a larger share of parameters needed");
  }

  @Test
  void theWordsOfASearchedStudy() {
    StudyStatistics found = Studies.ask(SEARCHED);
    assertThat(found.conclusions())
        .extracting(Conclusion::id)
        .containsExactly(
            "rank-by-batch-size",
            "rank-by-learning-rate",
            "rank-by-weight-decay",
            "share-by-batch-size",
            "share-by-learning-rate",
            "share-by-weight-decay",
            "rank-and-test-accuracy",
            "rank-and-test-accuracy-fixed",
            "rank-and-generalization-gap",
            "rank-and-generalization-gap-fixed",
            "rank-and-share",
            "rank-and-share-fixed",
            "share-and-test-accuracy",
            "share-and-test-accuracy-fixed");
    assertThat(text(found, "share-by-batch-size"))
        .startsWith("Smaller batches go with a smaller share of parameters needed: τ = 0.")
        .contains("over 6 blocks", "after Holm");
    assertThat(verdict(found, "share-by-batch-size")).isEqualTo(Verdict.SUPPORTED);
    assertThat(text(found, "rank-and-share"))
        .isEqualTo(
            "Over all settings, lower rank goes with a smaller share of parameters needed:"
                + " Spearman's ρ = 1.00 [1.00, 1.00] over 18 settings, p < 1e-15 after Holm.");
    assertThat(text(found, "share-and-test-accuracy"))
        .contains("no connection of share of parameters needed and test accuracy");
  }

  @Test
  void relationsOfTheShareAreThoseOfARankThatItFollows() {
    List<Relation> relations = Studies.ask(SEARCHED).relations();
    Relation ofRank = relation(relations, Quantity.RANK, Quantity.TEST_ACCURACY);
    Relation ofShare = relation(relations, Quantity.SHARE, Quantity.TEST_ACCURACY);
    Association rank = Objects.requireNonNull(ofRank.partial());
    Association share = Objects.requireNonNull(ofShare.partial());
    assertThat(share.heldFixed()).isEqualTo(rank.heldFixed());
    assertThat(share.pearson().coefficient()).isCloseTo(rank.pearson().coefficient(), within(1e-9));
    assertThat(share.spearman().coefficient())
        .isCloseTo(rank.spearman().coefficient(), within(1e-9));
  }

  @Test
  void holmCountsWhatIsAskedOfTheShare() {
    StudyStatistics alone = Studies.ask(RANKED);
    StudyStatistics both = Studies.ask(SEARCHED);
    assertThat(both.tests()).isEqualTo(6 + 8);
    Relation before = relation(alone.relations(), Quantity.RANK, Quantity.TEST_ACCURACY);
    Relation after = relation(both.relations(), Quantity.RANK, Quantity.TEST_ACCURACY);
    assertThat(Objects.requireNonNull(after.marginal()).spearman())
        .isEqualTo(Objects.requireNonNull(before.marginal()).spearman());
    for (SettingAxis axis : SettingAxis.values()) {
      double raw = both.trend(Quantity.RANK, axis).orElseThrow().test().twoSided();
      double few = alone.trend(Quantity.RANK, axis).orElseThrow().test().twoSidedHolm();
      double many = both.trend(Quantity.RANK, axis).orElseThrow().test().twoSidedHolm();
      assertThat(raw).isLessThanOrEqualTo(few);
      assertThat(few).isLessThanOrEqualTo(many);
    }
    assertThat(both.trend(Quantity.RANK, SettingAxis.WEIGHT_DECAY).orElseThrow().test())
        .isNotEqualTo(alone.trend(Quantity.RANK, SettingAxis.WEIGHT_DECAY).orElseThrow().test());
  }

  @Test
  void runsThatWereNotSearchedAreInTheStatisticsOfRankAlone() {
    List<RunSummary> some = new ArrayList<>(RANKED);
    for (int i = 0; i < some.size(); i++) {
      if (some.get(i).learningRate() < 0.05) {
        some.set(i, SEARCHED.get(i));
      }
    }
    StudyStatistics found = Studies.ask(some);
    assertThat(found.runs().used()).isEqualTo(54);
    assertThat(found.runs().searched()).isEqualTo(27);
    assertThat(found.trend(Quantity.RANK, SettingAxis.BATCH_SIZE).orElseThrow().runs())
        .isEqualTo(54);
    assertThat(found.trend(Quantity.SHARE, SettingAxis.BATCH_SIZE).orElseThrow().runs())
        .isEqualTo(27);
    assertThat(found.trend(Quantity.SHARE, SettingAxis.LEARNING_RATE)).isEmpty();
    Relation relation = relation(found.relations(), Quantity.RANK, Quantity.SHARE);
    assertThat(Objects.requireNonNull(relation.marginal()).settings()).isEqualTo(9);
    assertThat(found.notes())
        .contains(
            "27 of 54 runs were searched for the share of parameters they need: what is said of it is of those alone.");
  }

  @Test
  void jsonNamesTheResponse() throws Exception {
    JsonNode tree = new JsonMapper().readTree(Studies.ask(SEARCHED).json());
    assertThat(tree.path("formatVersion").asInt()).isEqualTo(2);
    assertThat(tree.path("trends").findValuesAsText("response"))
        .containsExactly("RANK", "RANK", "RANK", "SHARE", "SHARE", "SHARE");
    assertThat(tree.path("shareMeasure").asText()).contains("within 1 point");
  }

  @Test
  void aShareIsAShare() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Measured(1, 0.5, 0.5, 1.5))
        .withMessage("share of parameters: expected 0 to 1, found 1.5");
  }

  private static Relation relation(List<Relation> relations, Quantity response, Quantity quality) {
    return relations.stream()
        .filter(relation -> relation.response() == response && relation.quality() == quality)
        .findFirst()
        .orElseThrow();
  }

  private static Conclusion conclusion(StudyStatistics found, String id) {
    return found.conclusions().stream().filter(c -> c.id().equals(id)).findFirst().orElseThrow();
  }

  private static String text(StudyStatistics found, String id) {
    return conclusion(found, id).text();
  }

  private static Verdict verdict(StudyStatistics found, String id) {
    return conclusion(found, id).verdict();
  }
}
