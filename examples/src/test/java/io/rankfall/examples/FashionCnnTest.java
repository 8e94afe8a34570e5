package io.rankfall.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.study.report.Browser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FashionCnnTest {
  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    // More threads than one wait for each other in such small steps.
    System.setProperty("ai.djl.pytorch.num_threads", "1");
  }

  @Test
  void theNetworkLearnsShrinksAndLearnsOn(@TempDir Path folder) throws Exception {
    Path page = folder.resolve("ranks.html");
    List<String> lines = new ArrayList<>();

    FashionCnn.Result result = FashionCnn.run(3000, 1, page, lines::add);

    assertThat(result.dense()).isGreaterThan(0.6);
    assertThat(result.share()).isLessThanOrEqualTo(0.25);
    assertThat(result.tuned()).isGreaterThan(0.6);
    assertThat(lines).filteredOn(line -> line.startsWith("epoch ")).hasSize(3);
    assertThat(lines).anyMatch(line -> line.startsWith("dense: accuracy 0."));
    assertThat(Files.readString(page)).contains("08SequentialBlock_01Linear");
    if (Browser.isInstalled()) {
      everyLayerIsDrawn(page, folder);
    }
  }

  /** On a desk and on a phone, by day and by night: one line a layer, dense and factored. */
  private static void everyLayerIsDrawn(Path page, Path folder) {
    try (Browser browser = Browser.start(folder.resolve("profile"))) {
      for (int width : new int[] {1280, 390}) {
        browser.resize(width, 900);
        browser.preferColours(width == 390 ? "dark" : "light");
        browser.open(page);
        browser.settle();

        assertThat(browser.console()).isEmpty();
        assertThat(browser.text("return document.title")).isEqualTo("Ranks in training");
        assertThat(browser.number("return document.documentElement.scrollWidth"))
            .isLessThanOrEqualTo(width);
        // Echarts draws points as paths of their own beside each line.
        String option = "echarts.getInstanceByDom(document.getElementById('chart')).getOption()";
        assertThat(browser.text("return " + option + ".series.map(s => s.name).join(' ')"))
            .contains("01Conv2d", "08SequentialBlock_01Linear");
        assertThat(
                browser.number(
                    "return " + option + ".series.filter(s => s.data.every(p => p[1] > 0)).length"))
            .isEqualTo(browser.number("return " + option + ".series.length"));
        assertThat(browser.number("return document.querySelectorAll('#chart svg path').length"))
            .isGreaterThan(10);
        assertThat(browser.text("return document.getElementById('gone').textContent + '.'"))
            .isEqualTo(".");
      }
    }
  }
}
