package io.rankfall.study.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Opening;
import io.rankfall.train.Mlp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Looks at the page of a study in a real browser. */
@EnabledIf(value = "io.rankfall.study.report.Browser#isInstalled", disabledReason = Browser.NEEDED)
final class StudyReportBrowserTest {
  private static final Mlp SMALL = new Mlp(20, List.of(16, 16), 10, Mlp.Normalization.NONE);
  private static final Mlp PAPER =
      new Mlp(
          784,
          List.of(100, 100, 100, 100, 100, 100, 100, 100, 100, 100),
          10,
          Mlp.Normalization.BATCH);

  private static Browser browser;
  private static Path folder;

  private static MadeUpStudy small;

  @BeforeAll
  static void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    browser = Browser.start(folder.resolve("profile"));
    small =
        MadeUpStudy.grid(
            folder.resolve("small.db"),
            SMALL,
            List.of(4, 16, 64),
            List.of(0.1, 1.0),
            List.of(0.0, 1e-3, 0.1),
            2);
    small.report().write(folder.resolve("small.html"));
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
  }

  private static void open(String name) {
    browser.open(folder.resolve(name).toAbsolutePath());
    browser.settle();
  }

  /** Charts draw themselves when they come into sight. */
  private static void drawAll() {
    browser.run("document.querySelectorAll('.chart').forEach(canvas => canvas.show())");
    browser.settle();
  }

  @ParameterizedTest
  @ValueSource(ints = {1280, 390})
  void drawsEveryChartSilentlyInAnyWidth(int width) {
    browser.resize(width, 900);
    open("small.html");
    drawAll();

    assertThat(browser.number("return document.documentElement.scrollWidth")).isEqualTo(width);
    assertThat(browser.number("return document.querySelectorAll('.chart').length"))
        .as("three maps, 2 × 3 histories, three spectra, one set of axes")
        .isEqualTo(13);
    assertThat(
            browser.number(
                "return [...document.querySelectorAll('.chart')].filter(chart =>"
                    + " chart.querySelectorAll('svg path').length < 2 || !chart.ariaLabel).length"))
        .isZero();
    assertThat(browser.console()).isEmpty();
    assertThat(browser.text("return performance.getEntriesByType('resource').length"))
        .isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-2, 0.1})
  void ranksFollowTheThreshold(double tau) throws Exception {
    open("small.html");
    browser.run(
        "const slider = document.querySelector('#figure-maps input[type=range]');"
            + "slider.value = arguments[0];"
            + "slider.dispatchEvent(new Event('input'));",
        StudyDocument.THRESHOLDS.indexOf(tau));
    browser.settle();

    try (StudyStore store = StudyStore.open(small.file().toString(), Opening.EXISTING)) {
      for (StoredRun run : store.runs()) {
        String shown =
            browser.text(
                "const row = [...document.querySelectorAll('#figure-runs tbody tr')]"
                    + ".find(row => arguments[0].startsWith(row.cells[0].textContent));"
                    + "return row.cells[9].textContent",
                run.id());
        if (run.state().name().equals("COMPLETED")) {
          double rank = MadeUpStudy.meanRank(MadeUpStudy.lastLayers(run.spec()), tau);
          assertThat(shown).isEqualTo("%.1f".formatted(rank));
        }
      }
    }
  }

  @Test
  void whatWasNotTrainedIsNamedAndInNoMean() {
    open("small.html");
    drawAll();

    assertThat(browser.text("return document.querySelector('#top .lead').textContent"))
        .contains("Set apart: 6 diverged, 10 learned nothing.");
    browser.run(
        "const select = [...document.querySelectorAll('#figure-maps select')].at(-1);"
            + "select.selectedIndex = 2; select.dispatchEvent(new Event('change'));");
    browser.settle();
    assertThat(browser.text("return document.querySelector('#figure-maps').textContent"))
        .contains("untrained", "diverged");
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void aCellThatIsClickedHoldsItsSettingsFixed() {
    open("small.html");
    drawAll();
    browser.clickInChart("#figure-maps .panel:nth-child(2) .chart", 2, 0);

    assertThat(
            browser.text(
                "return [...document.querySelectorAll('#figure-maps .select select')]"
                    + ".map(select => select.selectedOptions[0].textContent).join(' ')"))
        .startsWith("64 ")
        .endsWith(" 0");
    assertThat(browser.text("return document.querySelector('#figure-maps h4').textContent"))
        .endsWith("wd\u00a0=\u00a00");
  }

  @Test
  void theTableFollowsWhatIsBrushed() {
    open("small.html");
    drawAll();
    browser.run(
        "const chart = echarts.getInstanceByDom(document.querySelector('#figure-parallel .chart'));"
            + "chart.dispatchAction({ type: 'axisAreaSelect', parallelAxisId: 'B', intervals: [[-0.4, 0.4]] });");
    browser.settle();

    assertThat(browser.text("return document.querySelector('#figure-runs h3').textContent"))
        .isEqualTo("4 runs of 36");
    assertThat(
            browser.text(
                "return [...document.querySelectorAll('#figure-runs tbody tr')]"
                    + ".map(row => row.cells[2].textContent).join()"))
        .isEqualTo("4,4,4,4");
  }

  @Test
  void whatWasSearchedIsDrawnAndInTheStatistics() throws Exception {
    MadeUpStudy.grid(
            folder.resolve("searched.db"),
            SMALL,
            List.of(4, 16, 64),
            List.of(0.1),
            List.of(0.0, 1e-3),
            2)
        .searched()
        .report()
        .write(folder.resolve("searched.html"));
    open("searched.html");
    drawAll();

    assertThat(texts("#figure-trends tbody tr", "row.cells[1].textContent"))
        .isEqualTo("rank,rank,parameters needed,parameters needed");
    assertThat(
            texts(
                "#figure-relations tbody tr",
                "row.cells[0].textContent + ' and ' + row.cells[1].textContent"))
        .contains(
            "rank and test accuracy",
            "rank and parameters needed",
            "parameters needed and test accuracy");
    assertThat(browser.text("return document.querySelector('.findings').textContent"))
        .contains("maller batches go with a smaller share of parameters needed: τ = ");
    assertThat(
            browser.text("return document.querySelector('#figure-compressibility h3').textContent"))
        .contains("the best networks need from 4.9")
        .as("79.0 % is of networks far from the best")
        .doesNotContain("79.0");
    assertThat(browser.console()).isEmpty();
  }

  private static String texts(String rows, String text) {
    return browser.text(
        "return [...document.querySelectorAll('%s')].map(row => %s).join()".formatted(rows, text));
  }

  @Test
  void textOfTheStudyIsNeverMarkup() {
    open("small.html");

    assertThat(browser.number("return document.querySelectorAll('img').length")).isZero();
    assertThat(browser.text("return document.querySelector('h1').textContent"))
        .isEqualTo(MadeUpStudy.HOSTILE);
    assertThat(browser.text("return document.querySelector('#about').textContent"))
        .contains(MadeUpStudy.HOSTILE);
  }

  @Test
  void aRandomSearchIsDrawnAsPoints() throws Exception {
    MadeUpStudy.random(folder.resolve("random.db"), SMALL, 30)
        .report()
        .write(folder.resolve("random.html"));
    open("random.html");
    drawAll();

    assertThat(browser.text("return document.querySelector('#figure-maps h4').textContent"))
        .isEqualTo("B × µ");
    assertThat(browser.console()).isEmpty();
  }

  /** The time to open is measured by hand: only what makes it short is asserted. */
  @Test
  void fiveHundredRunsOpenWithoutDrawingWhatIsOutOfSight() throws Exception {
    MadeUpStudy.grid(
            folder.resolve("large.db"),
            PAPER,
            List.of(4, 8, 16, 32, 64),
            List.of(0.01, 0.03, 0.1, 0.3, 0.5),
            List.of(0.0, 1e-4, 1e-3, 4e-3),
            5)
        .report()
        .write(folder.resolve("large.html"));
    open("large.html");

    assertThat(browser.number("return document.querySelectorAll('#figure-runs tbody tr').length"))
        .isEqualTo(500);
    assertThat(browser.number("return document.querySelectorAll('.chart svg').length"))
        .isLessThan(browser.number("return document.querySelectorAll('.chart').length") / 2);
    System.getLogger(StudyReportBrowserTest.class.getName())
        .log(
            System.Logger.Level.INFO,
            "500 runs: %d ms, %,d bytes"
                .formatted(
                    browser.number(
                        "return Math.round(performance.getEntriesByType('navigation')[0].loadEventEnd)"),
                    Files.size(folder.resolve("large.html"))));
    drawAll();
    assertThat(browser.console()).isEmpty();
  }
}
