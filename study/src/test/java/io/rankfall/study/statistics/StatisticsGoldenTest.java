package io.rankfall.study.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.study.statistics.RunSummary.Measured;
import io.rankfall.study.statistics.RunSummary.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every number against SciPy and NumPy: {@code statistics.json}, made by the script beside it. */
class StatisticsGoldenTest {
  private static final JsonNode GOLDEN = golden();
  private static final double ROUNDING = 1e-9;

  /** Five standard errors of a probability or, in units of it, a deviation from 20,000 draws. */
  private static final double DRAWN = 0.018;

  private static JsonNode golden() {
    try (InputStream in = StatisticsGoldenTest.class.getResourceAsStream("statistics.json")) {
      return new JsonMapper().readTree(Objects.requireNonNull(in));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static Stream<String> cases() {
    return StreamSupport.stream(GOLDEN.get("cases").spliterator(), false)
        .map(node -> node.get("name").asText());
  }

  private static JsonNode node(String name) {
    return StreamSupport.stream(GOLDEN.get("cases").spliterator(), false)
        .filter(node -> node.get("name").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static RunTable table(JsonNode study) {
    List<RunSummary> runs = new ArrayList<>();
    for (JsonNode run : study.get("runs")) {
      runs.add(
          new RunSummary(
              run.get("id").asText(),
              run.get("others").asText(),
              run.get("B").asInt(),
              run.get("mu").asDouble(),
              run.get("wd").asDouble(),
              run.get("seed").asLong(),
              Outcome.valueOf(run.get("outcome").asText()),
              study.get("classes").asInt(),
              new Measured(
                  run.get("rank").asDouble(),
                  run.get("train").asDouble(),
                  run.get("test").asDouble(),
                  null)));
    }
    return new RunTable("made-up ranks", study.get("testExamples").asInt(), runs);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void setsApartWhatGuesses(String name) {
    JsonNode expected = node(name).get("golden");
    assertThat(Chance.best(10, 1000))
        .isCloseTo(expected.get("bestGuess").asDouble(), within(ROUNDING));
    assertThat(Selection.of(table(node(name))).used()).hasSize(expected.get("used").asInt());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trends(String name) {
    StudyStatistics found = StudyStatistics.of(table(node(name)), 1);
    for (SettingAxis axis : SettingAxis.values()) {
      JsonNode expected = node(name).get("golden").get("trends").get(axis.name());
      Trend trend = found.trend(Quantity.RANK, axis).orElseThrow();
      assertThat(trend.blocks()).hasSize(expected.get("blocks").asInt());
      assertThat(trend.runs()).isEqualTo(expected.get("runs").asInt());
      assertThat(trend.tau()).isCloseTo(expected.get("tau").asDouble(), within(ROUNDING));
      double[] taus =
          trend.blocks().stream()
              .map(BlockTrend::tau)
              .filter(Objects::nonNull)
              .mapToDouble(Double::doubleValue)
              .sorted()
              .toArray();
      assertThat(taus).containsExactly(numbers(expected.get("taus")), within(ROUNDING));
      assertThat(trend.test().score()).isEqualTo(expected.get("score").asLong());
      assertThat(trend.test().method()).isEqualTo(TrendTest.Method.EXACT);
      JsonNode drawn = expected.get("permuted");
      assertThat(trend.test().rising()).isCloseTo(drawn.get("rising").asDouble(), within(DRAWN));
      assertThat(trend.test().falling()).isCloseTo(drawn.get("falling").asDouble(), within(DRAWN));
      assertThat(trend.test().deviation() / drawn.get("deviation").asDouble())
          .isCloseTo(1, within(0.03));
      if (expected.has("rising")) {
        assertRelative(trend.test().rising(), expected.get("rising").asDouble());
        assertRelative(trend.test().falling(), expected.get("falling").asDouble());
        assertRelative(trend.test().deviation(), expected.get("deviation").asDouble());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void regressions(String name) {
    JsonNode golden = node(name).get("golden");
    List<Regression> found = StudyStatistics.of(table(node(name)), 1).regressions();
    assertThat(found).hasSize(2);
    assertRegression(found.get(0), golden.get("each"));
    assertRegression(found.get(1), golden.get("together"));
  }

  private static void assertRegression(Regression found, JsonNode expected) {
    assertThat(found.runs()).isEqualTo(expected.get("runs").asInt());
    assertThat(found.settings()).isEqualTo(expected.get("settings").asInt());
    assertThat(found.rSquared()).isCloseTo(expected.get("rSquared").asDouble(), within(ROUNDING));
    double[] estimates = numbers(expected.get("estimates"));
    assertThat(found.coefficients()).hasSize(estimates.length);
    for (int c = 0; c < estimates.length; c++) {
      Coefficient coefficient = found.coefficients().get(c);
      assertThat(coefficient.estimate()).isCloseTo(estimates[c], within(ROUNDING));
      assertRelative(coefficient.standardError(), numbers(expected.get("errors"))[c]);
      assertThat(coefficient.interval().low())
          .isCloseTo(numbers(expected.get("lows"))[c], within(ROUNDING));
      assertRelative(coefficient.p(), numbers(expected.get("p"))[c]);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void relations(String name) {
    for (Relation relation : StudyStatistics.of(table(node(name)), 1).relations()) {
      JsonNode expected = node(name).get("golden").get("relations").get(relation.quality().name());
      Association marginal = Objects.requireNonNull(relation.marginal());
      Association partial = Objects.requireNonNull(relation.partial());
      assertThat(partial.heldFixed())
          .isEqualTo(expected.get("partial-spearman").get("taken").asInt());
      assertCorrelation(marginal.spearman(), expected.get("marginal-spearman"));
      assertCorrelation(marginal.pearson(), expected.get("marginal-pearson"));
      assertCorrelation(partial.spearman(), expected.get("partial-spearman"));
      assertCorrelation(partial.pearson(), expected.get("partial-pearson"));
    }
  }

  private static void assertCorrelation(Correlation found, JsonNode expected) {
    Offset<Double> rounding = within(ROUNDING);
    assertThat(found.coefficient()).isCloseTo(expected.get("coefficient").asDouble(), rounding);
    assertThat(found.interval().low()).isCloseTo(expected.get("low").asDouble(), rounding);
    assertThat(found.interval().high()).isCloseTo(expected.get("high").asDouble(), rounding);
    assertRelative(found.p(), expected.get("p").asDouble());
  }

  @Test
  void holm() {
    JsonNode expected = GOLDEN.get("holm");
    List<Double> p = Arrays.stream(numbers(expected.get("p"))).boxed().toList();
    assertThat(Holm.adjusted(p))
        .containsExactly(numbers(expected.get("adjusted")), within(ROUNDING));
  }

  private static void assertRelative(double found, double expected) {
    assertThat(found).isCloseTo(expected, within(1e-6 * Math.abs(expected)));
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }
}
