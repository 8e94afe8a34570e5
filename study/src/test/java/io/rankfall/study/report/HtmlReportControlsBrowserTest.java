package io.rankfall.study.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.study.Results;
import io.rankfall.study.Results.LayerResult;
import io.rankfall.study.Results.RunResult;
import io.rankfall.study.SampleResults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Uses the controls of the report in a real browser and checks the numbers they lead to. */
@EnabledIf(value = "io.rankfall.study.report.Browser#isInstalled", disabledReason = Browser.NEEDED)
final class HtmlReportControlsBrowserTest {

  private static Browser browser;

  @BeforeAll
  static void start(@TempDir Path profile) {
    browser = Browser.start(profile);
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void forgetEarlierPages() {
    browser.preferColours("light");
    browser.resize(1280, 900);
    browser.console();
    browser.events();
  }

  @Test
  void sliderCountsAsDefined() throws Exception {
    Results results = SampleResults.comparison();
    SampleReport.COMPARISON.openIn(browser);
    for (double exponent : List.of(-4.0, -3.0, -2.55, -2.0, -1.5, -1.0)) {
      browser.run(
          "const slider = document.querySelector('#figure-rank input[data-key=tau]');"
              + "slider.value = arguments[0]; slider.dispatchEvent(new Event('input'));",
          exponent);
      browser.settle();
      double tau = Double.parseDouble(browser.text("return rankfall.state.tau"));
      assertThat(Math.log10(tau)).isBetween(exponent - .005, exponent + .005);

      List<String> expected = new ArrayList<>();
      for (RunResult run : results.runs()) {
        for (int l = 0; l < 4; l++) {
          for (Results.EpochResult epoch : run.epochs()) {
            LayerResult layer = epoch.layers().get(l);
            expected.add(
                String.join(
                    ",",
                    run.id(),
                    layer.name(),
                    String.valueOf(epoch.epoch()),
                    String.valueOf(SampleResults.count(layer.spectrum(), tau))));
          }
        }
      }
      assertThat(csv("rank").stream().skip(1).map(row -> columns(row, 0, 3, 4, 7)))
          .as("τ = %s", tau)
          .containsExactlyElementsOf(expected);
      assertThat(browser.text("return document.querySelector('#figure-rank .chart').ariaLabel"))
          .as("the chart shows the same")
          .contains(
              results.runs().get(0).label()
                  + " "
                  + expected.get(20).substring(expected.get(20).lastIndexOf(',') + 1));
    }
  }

  @Test
  void thresholdItselfIsNotAbove() throws Exception {
    SampleReport.SINGLE.openIn(browser);

    assertThat(browser.number("return rankfall.countAbove([0.5, 0.1, 0.1, 0.05, 0], 0.1)"))
        .isEqualTo(1);
    assertThat(browser.number("return rankfall.countAbove([0.5, 0.1, 0], 0)")).isEqualTo(2);
    assertThat(browser.number("return rankfall.countAbove([], 0.1)")).isZero();
  }

  @Test
  void csvButtonSavesWhatTheChartShows() throws Exception {
    Results results = SampleResults.comparison();
    SampleReport.COMPARISON.openIn(browser);
    browser.run(
        "window.saved = []; const original = URL.createObjectURL;"
            + "URL.createObjectURL = blob => { saved.push(blob.text()); return original(blob); };"
            + "document.querySelectorAll('button.csv').forEach(button => button.click());"
            + "Promise.all(saved).then(texts => { window.texts = texts; });");
    browser.settle();

    List<String> expected = new ArrayList<>();
    expected.add("run,batch_size,weight_decay,policy,budget,parameters,share_kept,test_accuracy");
    for (RunResult run : results.runs()) {
      long dense = run.files().get(0).parameters();
      run.files().stream()
          .filter(file -> file.policy().equals("dense") || file.policy().equals("data-aware"))
          .forEach(
              file ->
                  expected.add(
                      String.join(
                          ",",
                          run.id(),
                          String.valueOf(run.batchSize()),
                          js(run.weightDecay()),
                          file.policy(),
                          js(file.budget()),
                          String.valueOf(file.parameters()),
                          js((double) file.parameters() / dense),
                          js(file.testAccuracy()))));
    }
    assertThat(browser.text("return window.texts[0]").split("\\R"))
        .containsExactlyElementsOf(expected);
    assertThat(browser.run("return window.texts"))
        .as("one file a figure, as the page's own function makes them")
        .isEqualTo(browser.run("return rankfall.figures().map(rankfall.csv)"));
    assertThat(csv("spectra")).as("header, runs, random").hasSize(1 + 5 * (3 * 512 + 10));
    assertThat(csv("files")).hasSize(1 + 4 * 25);
    assertThat(csv("latency")).hasSize(1 + 4 * 7 * 2);
  }

  @Test
  void hidingARunTakesItOutOfChartsAndCsv() throws Exception {
    SampleReport.COMPARISON.openIn(browser);
    browser.run("document.querySelector('#figure-size .key button').click()");
    browser.settle();

    assertThat(csv("training")).hasSize(1 + 3 * 21).noneMatch(row -> row.startsWith("b16-wd1e-3,"));
    assertThat(browser.text("return document.querySelector('#figure-size .chart').ariaLabel"))
        .doesNotContain("B=16, wd=1e-3");
    assertThat(browser.text("return document.querySelector('.key button').ariaPressed"))
        .isEqualTo("false");
  }

  @Test
  void everyThresholdDrawsFiniteLines() throws Exception {
    for (SampleReport report : SampleReport.values()) {
      report.openIn(browser);
      for (String tau : List.of("1e-4", "1e-2", "1e-1")) {
        browser.run("rankfall.change({tau: %s})".formatted(tau));
        browser.settle();
        assertThat(
                browser.text(
                    "return [...document.querySelectorAll('svg path, svg text')].filter(e => "
                        + "/Inf|NaN/.test(e.getAttribute('d') + e.getAttribute('transform')))"
                        + ".length"))
            .as("%s at τ = %s", report, tau)
            .isEqualTo("0");
      }
      assertThat(browser.console()).isEmpty();
    }
  }

  @Test
  void hidingEveryRunLeavesAQuietPage() throws Exception {
    SampleReport.COMPARISON.openIn(browser);
    browser.run("rankfall.change({hidden: new Set(rankfall.results.runs.map(run => run.id))})");
    browser.settle();

    assertThat(csv("size")).hasSize(1);
    assertThat(browser.text("return document.querySelector('#figure-size h3').textContent"))
        .isEqualTo("No compressed files to compare");
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void policyAndEpochSelectWhatIsShown() throws Exception {
    SampleReport.COMPARISON.openIn(browser);
    browser.run(
        "document.querySelector('#figure-size input[value=uniform]').click();"
            + "const slider = document.querySelector('#figure-curves input[data-key=epoch]');"
            + "slider.value = 0; slider.dispatchEvent(new Event('input'));");
    browser.settle();

    assertThat(csv("size").stream().skip(1).map(row -> columns(row, 3)))
        .containsOnly("dense", "uniform");
    assertThat(csv("spectra").stream().skip(1).map(row -> columns(row, 4))).containsOnly("0", "");
    assertThat(browser.text("return document.querySelector('#figure-spectra h3').textContent"))
        .startsWith("After epoch 0,");
  }

  @Test
  void divergedRunIsNamedAndNeverZero() throws Exception {
    SampleReport.ODD.openIn(browser);

    assertThat(browser.text("return document.querySelector('#summary').textContent"))
        .contains("diverged", "weights of layer fc1 not finite at epoch 1, step 17");
    assertThat(csv("training").stream().filter(row -> row.startsWith("diverged,")))
        .as("only the state before training is finite")
        .hasSize(1);
    assertThat(csv("files")).noneMatch(row -> row.startsWith("\"B=4, wd=10\""));
    assertThat(browser.text("return document.querySelector('#figure-spectra .chart').ariaLabel"))
        .contains("B=4, wd=10 not measured");
    assertThat(browser.text("return document.querySelector('#figure-rank .chart').ariaLabel"))
        .contains("B=4, wd=10 16 at epoch 0, then diverged");
  }

  @Test
  void tableSortsByAColumn() throws Exception {
    SampleReport.COMPARISON.openIn(browser);
    String accuracy = "[...document.querySelectorAll('#figure-files th button')][6].click();";
    browser.run(accuracy + accuracy);

    List<Double> shown =
        csv("files").stream()
            .skip(1)
            .map(row -> row.replaceAll("\"[^\"]*\"", "x").split(",", -1)[6])
            .map(Double::valueOf)
            .toList();
    assertThat(shown).hasSize(100).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    assertThat(browser.text("return document.querySelectorAll('#figure-files th')[6].ariaSort"))
        .isEqualTo("descending");
  }

  private static List<String> csv(String figure) {
    return List.of(browser.text("return rankfall.csv(arguments[0])", figure).split("\\R"));
  }

  private static String columns(String row, int... indices) {
    String[] cells = row.split(",", -1);
    return String.join(",", IntStream.of(indices).mapToObj(i -> cells[i]).toList());
  }

  /** A number as JavaScript writes it. */
  private static String js(double value) {
    return browser.text("return String(arguments[0])", value);
  }
}
