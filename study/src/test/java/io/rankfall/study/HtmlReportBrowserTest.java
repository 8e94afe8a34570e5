package io.rankfall.study;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankfall.study.Results.LayerResult;
import io.rankfall.study.Results.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Drives the report in a real browser. */
final class HtmlReportBrowserTest {

  enum Sample {
    COMPARISON(19),
    ODD(13),
    SINGLE(13);

    private final int charts;

    Sample(int charts) {
      this.charts = charts;
    }

    Results results() {
      return switch (this) {
        case COMPARISON -> SampleResults.comparison();
        case ODD -> SampleResults.odd();
        case SINGLE -> SampleResults.single();
      };
    }

    Path write(Path directory) throws IOException {
      Path file = directory.resolve(name().toLowerCase(Locale.ROOT) + ".html");
      return Files.writeString(file, HtmlReport.render(results()));
    }
  }

  private static final Path PICTURES = Path.of("target", "report");

  private static Browser browser;

  @BeforeAll
  static void start(@TempDir Path profile) throws IOException {
    browser = Browser.start(profile);
    Files.createDirectories(PICTURES);
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

  @ParameterizedTest
  @EnumSource
  void drawsEveryChartSilentlyAndAlone(Sample sample) throws Exception {
    Path file = sample.write(PICTURES);

    browser.open(file.toAbsolutePath());
    browser.settle();

    assertThat(browser.number("return document.querySelectorAll('.chart').length"))
        .isEqualTo(sample.charts);
    assertThat(blankCharts()).as("charts without a line").isEmpty();
    assertThat(
            browser.number("return document.querySelectorAll('.chart:not([aria-label])').length"))
        .isZero();
    assertThat(browser.console()).as("console").isEmpty();
    assertThat(requests()).isNotEmpty().allMatch(url -> url.matches("(?s)(file|data|blob):.*"));
    assertThat(
            browser.text("return performance.getEntriesByType('resource').map(e => e.name).join()"))
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void fitsAPhone(Sample sample) throws Exception {
    browser.resize(390, 844);
    browser.open(sample.write(PICTURES).toAbsolutePath());
    browser.settle();

    assertThat(browser.number("return document.documentElement.scrollWidth")).isEqualTo(390);
    assertThat(
            browser.number(
                "return Math.max(...[...document.querySelectorAll('.chart svg')]"
                    + ".map(svg => svg.getBoundingClientRect().right))"))
        .isLessThanOrEqualTo(390);
    photograph(sample, "phone");
  }

  @Test
  void chartsFollowTheWindow() throws Exception {
    browser.open(Sample.SINGLE.write(PICTURES).toAbsolutePath());
    browser.resize(390, 844);

    assertThat(browser.number("return document.documentElement.scrollWidth")).isEqualTo(390);
    assertThat(blankCharts()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void wearsThePreferredColours(String scheme) throws Exception {
    browser.open(Sample.COMPARISON.write(PICTURES).toAbsolutePath());
    browser.preferColours(scheme);

    boolean dark = scheme.equals("dark");
    assertThat(brightness("getComputedStyle(document.body).backgroundColor"))
        .matches(value -> dark ? value < 60 : value > 200);
    assertThat(brightness("getComputedStyle(document.querySelector('.chart text')).fill"))
        .as("text in charts")
        .matches(value -> dark ? value > 120 : value < 130);
    photograph(Sample.COMPARISON, scheme);

    browser.run("document.querySelector('.theme').click()");
    browser.settle();
    assertThat(brightness("getComputedStyle(document.body).backgroundColor"))
        .as("after the manual toggle")
        .matches(value -> dark ? value > 200 : value < 60);
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void sliderCountsAsDefined() throws Exception {
    Results results = SampleResults.comparison();
    browser.open(Sample.COMPARISON.write(PICTURES).toAbsolutePath());
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
  void csvButtonSavesWhatTheChartShows() throws Exception {
    Results results = SampleResults.comparison();
    browser.open(Sample.COMPARISON.write(PICTURES).toAbsolutePath());
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
    browser.open(Sample.COMPARISON.write(PICTURES).toAbsolutePath());
    browser.run("document.querySelector('#figure-size .key button').click()");
    browser.settle();

    assertThat(csv("training")).hasSize(1 + 3 * 21).noneMatch(row -> row.startsWith("b16-wd1e-3,"));
    assertThat(browser.text("return document.querySelector('#figure-size .chart').ariaLabel"))
        .doesNotContain("B=16, wd=1e-3");
    assertThat(browser.text("return document.querySelector('.key button').ariaPressed"))
        .isEqualTo("false");
  }

  @Test
  void policyAndEpochSelectWhatIsShown() throws Exception {
    browser.open(Sample.COMPARISON.write(PICTURES).toAbsolutePath());
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
    browser.open(Sample.ODD.write(PICTURES).toAbsolutePath());
    browser.settle();

    assertThat(browser.text("return document.querySelector('#summary').textContent"))
        .contains("diverged", "weights of layer fc1 not finite at epoch 1, step 17");
    assertThat(csv("training").stream().filter(row -> row.startsWith("diverged,")))
        .as("only the state before training is finite")
        .hasSize(1);
    assertThat(csv("files")).noneMatch(row -> row.startsWith("\"B=4, wd=10\""));
  }

  @Test
  void textOfTheResultsIsNeverMarkup() throws Exception {
    browser.open(Sample.ODD.write(PICTURES).toAbsolutePath());
    browser.settle();

    assertThat(browser.number("return document.querySelectorAll('img').length")).isZero();
    assertThat(browser.text("return document.querySelector('.tile h3').textContent"))
        .isEqualTo(SampleResults.HOSTILE);
    assertThat(browser.text("return document.querySelector('.findings').textContent"))
        .contains(SampleResults.HOSTILE, "{{script}} & ");
  }

  @Test
  void tableSortsByAColumn() throws Exception {
    browser.open(Sample.COMPARISON.write(PICTURES).toAbsolutePath());
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

  private static List<?> blankCharts() {
    return (List<?>)
        browser.value(
            "return [...document.querySelectorAll('.chart')].filter(chart => {"
                + "const lines = [...chart.querySelectorAll('path[fill=transparent]')].filter(path =>"
                + "  path.getAttribute('stroke-width') >= 2 && path.getAttribute('d').includes('L'));"
                + "return chart.clientHeight < 200 || lines.length === 0;"
                + "}).map(chart => chart.ariaLabel)");
  }

  private static List<String> requests() throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<String> urls = new ArrayList<>();
    for (String event : browser.events()) {
      JsonNode message = json.readTree(event).get("message");
      if (message.get("method").asText().equals("Network.requestWillBeSent")) {
        urls.add(message.at("/params/request/url").asText());
      }
    }
    return urls;
  }

  private static double brightness(String colour) {
    int[] parts =
        Arrays.stream(
                browser
                    .text("return String(" + colour + ").match(/\\d+/g).slice(0, 3).join(' ')")
                    .split(" "))
            .mapToInt(Integer::parseInt)
            .toArray();
    return IntStream.of(parts).average().orElseThrow();
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

  private static void photograph(Sample sample, String view) throws IOException {
    browser.photograph(
        PICTURES.resolve(sample.name().toLowerCase(Locale.ROOT) + "-" + view + ".png"));
  }
}
