package io.rankfall.study.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.RankRule;
import io.rankfall.study.recording.Frame;
import io.rankfall.study.recording.Recording;
import io.rankfall.study.recording.Recordings;
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

  @Test
  void otherSettingsAreOtherRecordings() {
    pages.open("theory.html");
    String seen = seen();
    browser.run(
        "document.querySelectorAll('#figure-explorer .choice')[0]"
            + ".querySelectorAll('input')[1].click()");
    browser.settle();
    assertThat(seen()).isNotEqualTo(seen);
    Recording recording = recordings.all().get(3);
    assertThat(pages.text("#figure-explorer .readout"))
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
