package io.rankfall.study.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.train.theory.BoundCheck;
import io.rankfall.train.theory.EpochBounds.EpsilonCheck;
import io.rankfall.train.theory.LayerTheory;
import io.rankfall.train.theory.TheoryReport;
import io.rankfall.train.theory.Verdict;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Looks at the theory of real, small trainings in a real browser. */
@EnabledIf(value = "io.rankfall.study.report.Browser#isInstalled", disabledReason = Browser.NEEDED)
final class TheoryPageBrowserTest {
  private static TheoryPages pages;
  private static Browser browser;
  private static TheoryReport report;

  @BeforeAll
  static void start(@TempDir Path temporary) throws Exception {
    pages = TheoryPages.in(temporary);
    browser = pages.browser();
    report = pages.report();
  }

  @AfterAll
  static void stop() {
    if (pages != null) {
      pages.close();
    }
  }

  @BeforeEach
  void forgetEarlierPages() {
    pages.forget();
  }

  @ParameterizedTest
  @CsvSource({"1280, light", "390, light", "1280, dark", "390, dark"})
  void drawsEveryChartSilentlyInAnyWidth(int width, String colours) {
    browser.preferColours(colours);
    browser.resize(width, 900);
    pages.open("theory.html");

    assertThat(browser.number("return document.documentElement.scrollWidth")).isEqualTo(width);
    assertThat(browser.number("return document.querySelectorAll('.chart').length"))
        .as("two of the explorer, two bounds, memory, two witnesses, two gradients, movement")
        .isEqualTo(10);
    assertThat(
            browser.number(
                "return [...document.querySelectorAll('.chart')].filter(chart =>"
                    + " chart.querySelectorAll('svg path').length < 2 || !chart.ariaLabel).length"))
        .isZero();
    assertThat(browser.number("return document.querySelectorAll('b').length"))
        .as("text of the data is never markup")
        .isZero();
    assertThat(browser.text("return performance.getEntriesByType('resource').length"))
        .isEqualTo("0");
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void verdictsAreTheReports() {
    pages.open("theory.html");
    boolean holds = false;
    for (int l = 0; l < report.layers().size(); l++) {
      LayerTheory layer = report.layers().get(l);
      List<EpsilonCheck> checks = layer.epochs().get(layer.epochs().size() - 1).checks();
      for (int e = 0; e < checks.size(); e++) {
        String row =
            browser.text(
                "return document.querySelectorAll('.layer-card')[arguments[0]]"
                    + ".querySelectorAll('.bound-row')[arguments[1]].textContent",
                l,
                e);
        BoundCheck check = strongest(checks.get(e));
        assertThat(row)
            .contains(check.verdict().name().replace('_', ' '))
            .contains("rank " + check.measuredRank())
            .contains(String.valueOf(check.bound().rank()));
        holds |= check.verdict() == Verdict.HOLDS;
      }
      assertThat(
              browser.number(
                  "return document.querySelectorAll('.layer-card')[arguments[0]]"
                      + ".querySelectorAll('.checks .holds').length",
                  l))
          .isGreaterThanOrEqualTo(3);
    }
    assertThat(holds).isTrue();
    assertThat(browser.number("return document.querySelectorAll('.checks .fails').length"))
        .isZero();
    assertThat(pages.text(".verdict"))
        .contains("holds and says something of fc1")
        .doesNotContain("collapsed");
    assertThat(pages.text(".lead"))
        .contains(
            "test accuracy %.1f\u00a0%% after epoch 3, guessing 35.0\u00a0%%"
                .formatted(100 * report.accuracy().accuracy()));
  }

  private static BoundCheck strongest(EpsilonCheck check) {
    BoundCheck shortest = check.shortest();
    return shortest != null && shortest.verdict() == Verdict.HOLDS ? shortest : check.apriori();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void boundsFollowEpsilon(int epsilon) {
    pages.open("theory.html");
    browser.run(
        "document.querySelectorAll('#figure-bounds .choice')[0]"
            + ".querySelectorAll('input')[arguments[0]].click()",
        epsilon);
    browser.settle();
    LayerTheory layer = report.layers().get(0);
    List<?> drawn =
        (List<?>)
            browser.value(
                "return echarts.getInstanceByDom(document.querySelector('#figure-bounds .chart'))"
                    + ".getOption().series.find(s => s.id === 'measured').data.map(d => d.value[1])");
    assertThat(drawn.stream().map(rank -> ((Number) rank).intValue()).toList())
        .isEqualTo(
            layer.epochs().stream()
                .map(epoch -> epoch.checks().get(epsilon).apriori().measuredRank())
                .toList());
    assertThat(pages.text("#figure-bounds h4"))
        .contains(
            "bound "
                + layer
                    .epochs()
                    .get(layer.epochs().size() - 1)
                    .checks()
                    .get(epsilon)
                    .apriori()
                    .bound()
                    .rank());
  }

  @Test
  void numbersBehindTheChartsAreTheReports() {
    pages.open("theory.html");
    assertThat(csv("witness").lines().count())
        .isEqualTo(1 + report.layers().stream().mapToLong(l -> l.witness().size()).sum());
    assertThat(csv("witness"))
        .contains(String.valueOf(report.layers().get(0).witness().get(2).measuredRank()))
        .contains("," + report.layers().get(0).witness().get(0).error() + ",");
    assertThat(csv("gradients").lines().count())
        .isEqualTo(1 + report.layers().stream().mapToLong(l -> l.gradients().size()).sum());
    assertThat(csv("movement"))
        .contains(String.valueOf(report.layers().get(0).movements().get(1).epochDistance()));
    assertThat(csv("identity").lines().count())
        .isEqualTo(1 + report.layers().stream().mapToLong(l -> l.identity().size()).sum());
    assertThat(csv("verdicts")).contains("a priori", "HOLDS", "VACUOUS");
    report
        .windows()
        .forEach(
            window ->
                assertThat(pages.text("#figure-memory .note")).contains(window.steps() + " steps"));
  }

  private static String csv(String figure) {
    return browser.text(
        "let saved; const before = URL.createObjectURL;"
            + "URL.createObjectURL = blob => { saved = blob; return before.call(URL, blob); };"
            + "document.querySelector('#figure-' + arguments[0] + ' .csv').click();"
            + "URL.createObjectURL = before;"
            + "return saved.text();",
        figure);
  }

  @Test
  void whatIsLeftAfterSoManySteps() {
    pages.open("theory.html");
    pages.slide("#figure-memory", 0);
    assertThat(pages.text("#figure-memory h3")).as("1 − 0.05").contains("The last 1 step", "95.0");
  }

  @ParameterizedTest
  @CsvSource({
    "4, 0.1,  0,   0,   Without weight decay there is no rank bound",
    "2, 0.02, 0.1, 0.9, The rank bound says nothing here",
    "1, 0.02, 0.5, 0.6, rank bound",
    "1, 0.02, 40,  0,   But the network has collapsed or never learned"
  })
  void everyKindOfTrainingReads(
      int batch, double rate, double weightDecay, double momentum, String verdict)
      throws Exception {
    TheoryReport other = TheoryPages.report(batch, rate, weightDecay, momentum);
    pages.write("other.html", TheoryPage.of(other));
    browser.resize(390, 900);
    pages.open("other.html");
    assertThat(pages.text(".verdict")).contains(verdict);
    assertThat(browser.number("return document.querySelectorAll('#explorer').length")).isZero();
    assertThat(browser.number("return document.documentElement.scrollWidth")).isEqualTo(390);
    assertThat(pages.text("main")).doesNotContain("NaN", "undefined", "Infinity", "null");
    assertThat(browser.console()).isEmpty();
  }
}
