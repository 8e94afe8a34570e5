package io.rankfall.study.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankfall.study.SampleResults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Looks at the report in a real browser. */
@EnabledIf(value = "io.rankfall.study.report.Browser#isInstalled", disabledReason = Browser.NEEDED)
final class HtmlReportBrowserTest {

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

  @ParameterizedTest
  @EnumSource
  void drawsEveryChartSilentlyAndAlone(SampleReport sample) throws Exception {
    sample.openIn(browser);

    assertThat(browser.number("return document.querySelectorAll('.chart').length"))
        .isEqualTo(sample.charts());
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
  void fitsAPhone(SampleReport sample) throws Exception {
    browser.resize(390, 844);
    sample.openIn(browser);

    assertThat(browser.number("return document.documentElement.scrollWidth")).isEqualTo(390);
    assertThat(
            browser.number(
                "return Math.max(...[...document.querySelectorAll('.chart svg')]"
                    + ".map(svg => svg.getBoundingClientRect().right))"))
        .isLessThanOrEqualTo(390);
    sample.photographIn(browser, "phone");
  }

  @Test
  void chartsFollowTheWindow() throws Exception {
    SampleReport.SINGLE.openIn(browser);
    browser.resize(390, 844);

    assertThat(browser.number("return document.documentElement.scrollWidth")).isEqualTo(390);
    assertThat(blankCharts()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void wearsThePreferredColours(String scheme) throws Exception {
    SampleReport.COMPARISON.openIn(browser);
    browser.preferColours(scheme);

    boolean dark = scheme.equals("dark");
    assertThat(brightness("getComputedStyle(document.body).backgroundColor"))
        .matches(value -> dark ? value < 60 : value > 200);
    assertThat(brightness("getComputedStyle(document.querySelector('.chart text')).fill"))
        .as("text in charts")
        .matches(value -> dark ? value > 120 : value < 130);
    SampleReport.COMPARISON.photographIn(browser, scheme);

    browser.run("document.querySelector('.theme').click()");
    browser.settle();
    assertThat(brightness("getComputedStyle(document.body).backgroundColor"))
        .as("after the manual toggle")
        .matches(value -> dark ? value > 200 : value < 60);
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void textOfTheResultsIsNeverMarkup() throws Exception {
    SampleReport.ODD.openIn(browser);

    assertThat(browser.number("return document.querySelectorAll('img').length")).isZero();
    assertThat(browser.text("return document.querySelector('.tile h3').textContent"))
        .isEqualTo(SampleResults.HOSTILE);
    assertThat(browser.text("return document.querySelector('.findings').textContent"))
        .contains(SampleResults.HOSTILE, "{{script}} & ");

    browser.pointAt("#figure-rank .chart");
    assertThat(browser.text("return document.querySelector('#figure-rank .tip').textContent"))
        .startsWith("after epoch 1" + SampleResults.HOSTILE);
    assertThat(browser.number("return document.querySelectorAll('img').length")).isZero();
    assertThat(browser.console()).isEmpty();
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
}
