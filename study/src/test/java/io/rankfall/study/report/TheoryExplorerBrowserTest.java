package io.rankfall.study.report;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.RankRule;
import io.rankfall.study.recording.Frame;
import io.rankfall.study.recording.Recording;
import io.rankfall.study.recording.Recordings;
import io.rankfall.train.Optimizer;
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
import org.openqa.selenium.Keys;

/** Plays recorded trainings in a real browser. */
@EnabledIf(value = "io.rankfall.study.report.Browser#isInstalled", disabledReason = Browser.NEEDED)
final class TheoryExplorerBrowserTest {
  private static TheoryPages pages;
  private static Browser browser;
  private static Recordings recordings;

  @BeforeAll
  static void start(@TempDir Path temporary) throws Exception {
    pages = TheoryPages.in(temporary);
    browser = pages.browser();
    recordings = pages.recordings();
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
  @ValueSource(ints = {0, 1, 5, 8})
  void theExplorerShowsWhatWasRecorded(int frame) {
    pages.open("theory.html");
    pages.slide("#figure-explorer", frame);
    Recording recording = recorded(2, 0.1, 0.1);
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
    assertThat(pages.text("#figure-explorer h3"))
        .contains("Step " + expected.step() + ":")
        .contains(
            expected.spectrum().rank(new RankRule.FrobeniusRelative(0.03)) + " of 8 singular");
    assertThat(pages.text("#figure-explorer .readout")).contains("%.3f".formatted(norm));
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void aStepChangesWhatIsSeen() {
    pages.open("theory.html");
    pages.slide("#figure-explorer", 3);
    String seen = seen();
    browser.run("document.querySelector('[aria-label=\"One frame on\"]').click()");
    browser.settle();
    assertThat(seen()).isNotEqualTo(seen);
    browser.press("[aria-label=\"One frame back\"]", Keys.ENTER);
    assertThat(seen()).isEqualTo(seen);
    browser.press("#figure-explorer .transports input[type=range]", Keys.ARROW_RIGHT);
    assertThat(pages.text("#figure-explorer h3"))
        .startsWith("Step " + recordings.all().get(0).frames().get(4).step() + ":");
  }

  private static String seen() {
    return browser.text(
        "return document.querySelector('canvas.weights').toDataURL()"
            + " + JSON.stringify(echarts.getInstanceByDom("
            + "document.querySelector('#figure-explorer .chart')).getOption().series)");
  }

  /** A click on the other level of B, of μ and of wd. */
  @ParameterizedTest
  @CsvSource({"0, 1, 9, 0.1, 0.1", "1, 0, 2, 0.05, 0.1", "2, 0, 2, 0.1, 0"})
  void otherSettingsAreOtherRecordings(
      int setting, int level, int batchSize, double learningRate, double weightDecay) {
    pages.open("theory.html");
    String seen = seen();
    browser.run(
        "document.querySelectorAll('#figure-explorer .choice')[arguments[0]]"
            + ".querySelectorAll('input')[arguments[1]].click()",
        setting,
        level);
    browser.settle();
    assertThat(seen()).isNotEqualTo(seen);
    Recording recording = recorded(batchSize, learningRate, weightDecay);
    Frame last = recording.frames().get(recording.frames().size() - 1);
    assertThat(pages.text("#figure-explorer .readout"))
        .contains("%.3f".formatted(last.spectrum().frobeniusNorm()));
    sharesAreTheDecays(recording, recording.frames().size() - 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void gradientsFadeByTheDecayOfEachStep(int frame) {
    pages.open("theory.html");
    pages.slide("#figure-explorer", frame);
    sharesAreTheDecays(recorded(2, 0.1, 0.1), frame);
    assertThat(browser.console()).isEmpty();
  }

  /** What is shown of each gradient up to this frame is (1 − μ·wd)^Δ of what it was. */
  private static void sharesAreTheDecays(Recording recording, int frame) {
    List<?> then = bars("then");
    List<?> now = bars("now");
    assertThat(then).hasSameSizeAs(now).hasSize(recording.frames().size() - 1);
    for (int i = 1; i < recording.frames().size(); i++) {
      if (i > frame) {
        assertThat(then.get(i - 1)).isNull();
        assertThat(now.get(i - 1)).isNull();
        continue;
      }
      double norm = requireNonNull(recording.frames().get(i).gradient()).norm();
      assertThat(((Number) then.get(i - 1)).doubleValue()).isCloseTo(norm, within(1e-6 * norm));
      assertThat(((Number) now.get(i - 1)).doubleValue())
          .isCloseTo(norm * left(recording, i, frame), within(1e-6 * norm));
    }
    assertThat(pages.text("#figure-explorer .readout"))
        .contains("left of the initial W%.1f".formatted(100 * left(recording, 0, frame)));
    List<?> captions =
        (List<?>)
            browser.value(
                "return [...document.querySelectorAll('#figure-explorer .thumb')]"
                    + ".filter(thumb => !thumb.hidden)"
                    + ".map(thumb => thumb.querySelector('figcaption').textContent)");
    assertThat(captions).hasSize(Math.min(6, frame));
    for (int i = 0; i < captions.size(); i++) {
      int rank = requireNonNull(recording.frames().get(frame - i).gradient()).rank();
      assertThat((String) captions.get(i))
          .contains("rank %d, %.0f".formatted(rank, 100 * left(recording, frame - i, frame)));
    }
  }

  private static double left(Recording recording, int from, int to) {
    Optimizer optimizer = recording.spec().optimizer();
    double kept = 1 - optimizer.learningRate() * optimizer.weightDecay();
    return Math.pow(
        kept, recording.frames().get(to).step() - recording.frames().get(from).step() + 0.0);
  }

  private static List<?> bars(String id) {
    return (List<?>)
        browser.value(
            "return echarts.getInstanceByDom("
                + "document.querySelectorAll('#figure-explorer .chart')[1])"
                + ".getOption().series.find(s => s.id === arguments[0]).data",
            id);
  }

  /** The latest gradient comes first; one frame on, each has moved to the next place. */
  @Test
  void thumbnailsOfGradientsChangeWithTheStep() {
    pages.open("theory.html");
    pages.slide("#figure-explorer", 7);
    Recording recording = recorded(2, 0.1, 0.1);
    List<?> before = thumbnails();
    assertThat(before).hasSize(6).doesNotHaveDuplicates();
    Frame.Gradient gradient = requireNonNull(recording.frames().get(7).gradient());
    Matrix expected = gradient.matrix().matrix(recording.rows(), recording.cols());
    List<?> pixels =
        (List<?>)
            browser.value(
                "const canvas = document.querySelector('canvas.gradient');"
                    + "return [...canvas.getContext('2d')"
                    + ".getImageData(0, 0, canvas.width, canvas.height).data]");
    assertThat(pixels).hasSize(4 * (int) expected.size());
    int coloured = 0;
    for (int i = 0; i < expected.size(); i++) {
      float entry = expected.toArray()[i];
      int red = ((Number) pixels.get(4 * i)).intValue();
      int blue = ((Number) pixels.get(4 * i + 2)).intValue();
      if (Math.abs(entry) > 4 * gradient.matrix().scale()) {
        coloured++;
        assertThat(blue > red).as("entry %d is %s", i, entry).isEqualTo(entry > 0);
      }
    }
    assertThat(coloured).isGreaterThan(3);

    pages.slide("#figure-explorer", 8);
    List<?> after = thumbnails();
    assertThat(after).hasSize(6).isNotEqualTo(before);
    assertThat(after.get(0)).as("the gradient of the new step").isNotIn(before);
  }

  private static List<?> thumbnails() {
    return (List<?>)
        browser.value(
            "return [...document.querySelectorAll('#figure-explorer .thumb')]"
                + ".filter(thumb => !thumb.hidden)"
                + ".map(thumb => thumb.querySelector('canvas').toDataURL())");
  }

  /** The strongest decay, the highest rate and the smallest batch are shown first. */
  private static Recording recorded(int batchSize, double learningRate, double weightDecay) {
    return recordings.all().stream()
        .filter(
            recording ->
                recording.spec().batchSize() == batchSize
                    && recording.spec().optimizer().learningRate() == learningRate
                    && recording.spec().optimizer().weightDecay() == weightDecay)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void playsToTheEndAndCalmlyWhereLessMotionIsWanted() throws Exception {
    pages.open("theory.html");
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
    assertThat(pages.text("#figure-explorer h3")).as("back at the beginning").startsWith("Step 0:");
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
}
