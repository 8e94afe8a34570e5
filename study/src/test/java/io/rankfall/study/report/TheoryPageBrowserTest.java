package io.rankfall.study.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.RankRule;
import io.rankfall.study.recording.Frame;
import io.rankfall.study.recording.Recording;
import io.rankfall.study.recording.Recordings;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Run;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import io.rankfall.train.theory.BoundCheck;
import io.rankfall.train.theory.EpochBounds.EpsilonCheck;
import io.rankfall.train.theory.LayerTheory;
import io.rankfall.train.theory.TheoryProbe;
import io.rankfall.train.theory.TheoryReport;
import io.rankfall.train.theory.TheorySettings;
import io.rankfall.train.theory.Verdict;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

/** Looks at the theory of real, small trainings in a real browser. */
@EnabledIf(value = "io.rankfall.study.report.Browser#isInstalled", disabledReason = Browser.NEEDED)
final class TheoryPageBrowserTest {
  private static final int FEATURES = 64;
  private static final Dataset CLOUDS =
      new Dataset("<b>clouds</b>", cloud(101, 1), cloud(20, 2), "none");
  private static final TheorySettings SETTINGS =
      new TheorySettings(List.of(0.3, 0.1, 0.01), 5, 1 << 20, 3);

  private static Browser browser;
  private static Path folder;
  private static TheoryReport report;
  private static Recordings recordings;

  @BeforeAll
  static void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    report = report(1, 0.1, 0.5, 0);
    recordings =
        Recordings.make(
            CLOUDS,
            new Recordings.Plan(
                List.of(8, 8), 1, List.of(2, 9), List.of(0.1), List.of(0.0, 0.1), 100, 10, 7),
            (done, all) -> {});
    TheoryPage.of(report).withExplorer(recordings).write(folder.resolve("theory.html"));
    browser = Browser.start(folder.resolve("profile"));
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

  private static TheoryReport report(int batch, double rate, double weightDecay, double momentum)
      throws Exception {
    RunSpec spec =
        new RunSpec(
            CLOUDS.name(),
            new Mlp(FEATURES, List.of(60), 3, Mlp.Normalization.NONE),
            Initialization.HE,
            batch,
            new Optimizer(rate, weightDecay, momentum, StepSchedule.CONSTANT),
            3,
            5,
            LearnerKind.FUSED);
    TheoryProbe probe = new TheoryProbe(spec, CLOUDS.train().size(), SETTINGS);
    Run run = new Trainer(CLOUDS).train(spec, probe);
    return probe.report(run.outcome());
  }

  private static void open(String name) {
    browser.open(folder.resolve(name).toAbsolutePath());
    browser.run("document.querySelectorAll('.chart').forEach(canvas => canvas.show())");
    browser.settle();
  }

  private static String text(String selector) {
    return browser.text("return document.querySelector(arguments[0]).textContent", selector);
  }

  @ParameterizedTest
  @CsvSource({"1280, light", "390, light", "1280, dark", "390, dark"})
  void drawsEveryChartSilentlyInAnyWidth(int width, String colours) {
    browser.preferColours(colours);
    browser.resize(width, 900);
    open("theory.html");

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
    open("theory.html");
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
    assertThat(text(".verdict")).contains("holds and says something of fc1");
  }

  private static BoundCheck strongest(EpsilonCheck check) {
    BoundCheck shortest = check.shortest();
    return shortest != null && shortest.verdict() == Verdict.HOLDS ? shortest : check.apriori();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void boundsFollowEpsilon(int epsilon) {
    open("theory.html");
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
    assertThat(text("#figure-bounds h4"))
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
    open("theory.html");
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
            window -> assertThat(text("#figure-memory .note")).contains(window.steps() + " steps"));
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
    open("theory.html");
    slide("#figure-memory", 0);
    assertThat(text("#figure-memory h3")).as("1 − 0.05").contains("The last 1 step", "95.0");
  }

  private static void slide(String figure, int position) {
    browser.run(
        "const slider = [...document.querySelectorAll(arguments[0] + ' input[type=range]')].at(-1);"
            + "slider.value = arguments[1]; slider.dispatchEvent(new Event('input'));",
        figure,
        position);
    browser.settle();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 8})
  void theExplorerShowsWhatWasRecorded(int frame) {
    open("theory.html");
    slide("#figure-explorer", frame);
    // The strongest decay and the smallest batch are shown first.
    Recording recording = recordings.all().get(1);
    Frame expected = recording.frames().get(frame);

    double norm = expected.spectrum().frobeniusNorm();
    List<?> sigmas =
        (List<?>)
            browser.value(
                "return echarts.getInstanceByDom(document.querySelector('#figure-explorer .chart'))"
                    + ".getOption().series.find(s => s.id === 'sigma').data.map(d => d.value[1])");
    for (int i = 0; i < expected.spectrum().size(); i++) {
      assertThat(((Number) sigmas.get(i)).doubleValue())
          .isCloseTo(Math.max(-4, Math.log10(expected.spectrum().sigma(i) / norm)), within(1e-4));
    }
    Matrix weights = expected.weights().matrix(recording.rows(), recording.cols());
    List<?> pixels =
        (List<?>)
            browser.value(
                "const canvas = document.querySelector('canvas.weights');"
                    + "return [...canvas.getContext('2d')"
                    + ".getImageData(0, 0, canvas.width, canvas.height).data]");
    assertThat(pixels).hasSize(4 * (int) weights.size());
    for (int i = 0; i < weights.size(); i++) {
      float weight = weights.toArray()[i];
      int red = ((Number) pixels.get(4 * i)).intValue();
      int blue = ((Number) pixels.get(4 * i + 2)).intValue();
      if (Math.abs(weight) > 4 * expected.weights().scale()) {
        assertThat(blue > red).as("weight %d is %s", i, weight).isEqualTo(weight > 0);
      }
    }
    assertThat(text("#figure-explorer h3"))
        .contains("Step " + expected.step() + ":")
        .contains(
            expected.spectrum().rank(new RankRule.FrobeniusRelative(0.03)) + " of 8 singular");
    assertThat(text("#figure-explorer .readout")).contains("%.3f".formatted(norm));
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void aStepChangesWhatIsSeen() {
    open("theory.html");
    slide("#figure-explorer", 3);
    String seen = seen();
    browser.run("document.querySelector('[aria-label=\"One frame on\"]').click()");
    browser.settle();
    assertThat(seen()).isNotEqualTo(seen);
    browser.press("[aria-label=\"One frame back\"]", Keys.ENTER);
    assertThat(seen()).isEqualTo(seen);
    browser.press("#figure-explorer .transports input[type=range]", Keys.ARROW_RIGHT);
    assertThat(text("#figure-explorer h3"))
        .startsWith("Step " + recordings.all().get(0).frames().get(4).step() + ":");
  }

  private static String seen() {
    return browser.text(
        "return document.querySelector('canvas.weights').toDataURL()"
            + " + JSON.stringify(echarts.getInstanceByDom("
            + "document.querySelector('#figure-explorer .chart')).getOption().series)");
  }

  @Test
  void otherSettingsAreOtherRecordings() {
    open("theory.html");
    String seen = seen();
    browser.run(
        "document.querySelectorAll('#figure-explorer .choice')[0]"
            + ".querySelectorAll('input')[1].click()");
    browser.settle();
    assertThat(seen()).isNotEqualTo(seen);
    Recording recording = recordings.all().get(3);
    assertThat(text("#figure-explorer .readout"))
        .contains(
            "%.3f"
                .formatted(
                    recording
                        .frames()
                        .get(recording.frames().size() - 1)
                        .spectrum()
                        .frobeniusNorm()));
  }

  @Test
  void playsToTheEndAndCalmlyWhereLessMotionIsWanted() throws Exception {
    open("theory.html");
    browser.run(
        "const speed = document.querySelector('#figure-explorer select');"
            + "speed.selectedIndex = 3; speed.dispatchEvent(new Event('change'));");
    press("Play");
    for (int i = 0; i < 200 && !isAtTheEnd(); i++) {
      Thread.sleep(50);
    }
    assertThat(isAtTheEnd()).isTrue();

    browser.preferLessMotion();
    press("Play");
    assertThat(text("#figure-explorer h3")).as("back at the beginning").startsWith("Step 0:");
    press("Pause");
    String paused = seen();
    Thread.sleep(1100);
    assertThat(seen()).isEqualTo(paused);
    assertThat(browser.console()).isEmpty();
  }

  private static void press(String label) {
    browser.run(
        "[...document.querySelectorAll('#figure-explorer .transport')]"
            + ".find(button => button.textContent === arguments[0]).click()",
        label);
    browser.settle();
  }

  private static boolean isAtTheEnd() {
    return (Boolean)
        browser.value(
            "return document.querySelector('#figure-explorer h3').textContent"
                + ".startsWith('Step 100:')"
                + " && document.querySelector('#figure-explorer .transport').textContent === 'Play'");
  }

  @ParameterizedTest
  @CsvSource({
    "4, 0.1,  0,   0,   Without weight decay there is no rank bound",
    "2, 0.02, 0.1, 0.9, The rank bound says nothing here",
    "1, 0.02, 0.5, 0.6, rank bound"
  })
  void everyKindOfTrainingReads(
      int batch, double rate, double weightDecay, double momentum, String verdict)
      throws Exception {
    TheoryReport other = report(batch, rate, weightDecay, momentum);
    TheoryPage.of(other).write(folder.resolve("other.html"));
    browser.resize(390, 900);
    open("other.html");
    assertThat(text(".verdict")).contains(verdict);
    assertThat(browser.number("return document.querySelectorAll('#explorer').length")).isZero();
    assertThat(browser.number("return document.documentElement.scrollWidth")).isEqualTo(390);
    assertThat(text("main")).doesNotContain("NaN", "undefined", "Infinity", "null");
    assertThat(browser.console()).isEmpty();
  }

  private static Examples cloud(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[count * FEATURES];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 3);
      for (int j = 0; j < FEATURES; j++) {
        inputs[i * FEATURES + j] = (float) (random.nextGaussian() + (j % 3 == i % 3 ? 2 : 0));
      }
    }
    return Examples.of(FEATURES, 3, inputs, labels);
  }
}
