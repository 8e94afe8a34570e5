package io.rankfall.study.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.compress.InspectedMatrix;
import io.rankfall.compress.InspectedProduct;
import io.rankfall.compress.Inspection;
import io.rankfall.compress.MatrixKind;
import io.rankfall.compress.SkippedWeight;
import io.rankfall.spectra.Spectrum;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

class InspectionReportTest {
  private static final String HOSTILE = "</script><script>document.title='run'</script>{{css}}";

  private static Inspection sample() {
    List<InspectedMatrix> matrices = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      double[] sigma = new double[40];
      for (int j = 0; j < 40; j++) {
        sigma[j] = Math.exp(-0.1 * i * j);
      }
      String name = i == 3 ? HOSTILE : "encoder.layers." + i + ".feed_forward.projection.weight";
      matrices.add(
          InspectedMatrix.of(name, MatrixKind.LINEAR, name, 0.14, Spectrum.of(40, 50 + i, sigma)));
    }
    matrices.add(
        InspectedMatrix.of("zero", MatrixKind.LINEAR, "zero", 0, Spectrum.of(3, 4, 0, 0, 0)));
    matrices.add(InspectedMatrix.of("one", MatrixKind.LINEAR, "one", 0, Spectrum.of(1, 4, 2)));
    return new Inspection(
        14_500,
        matrices,
        List.of(
            new InspectedProduct(
                "attention",
                InspectedProduct.Kind.QUERY_KEY,
                9,
                9,
                List.of(Spectrum.of(3, 3, 3, 2, 1), Spectrum.of(3, 3, 1, 0, 0)),
                false)),
        List.of(new SkippedWeight("positions", "12x4", "integers: I64")),
        List.of(new SkippedWeight("broken", "2x2", "NaN or infinite numbers")));
  }

  @Test
  void holdsEverythingAndRefersToNothing() {
    String html = InspectionReport.render("folder/model.onnx", sample());
    String own = html.substring(0, html.indexOf("<script>"));
    assertThat(own).contains("positions", "integers: I64", "broken", "default-src 'none'");
    assertThat(html).doesNotContainPattern("(src|href)=\"http").doesNotContain("@import");
    assertThat(html).doesNotContain(HOSTILE);
    assertThat(InspectionReport.render("folder/model.onnx", sample())).isEqualTo(html);
  }

  @Test
  @EnabledIf(
      value = "io.rankfall.study.report.Browser#isInstalled",
      disabledReason = Browser.NEEDED)
  void readsOnADeskAndOnAPhone(@TempDir Path profile, @TempDir Path folder) throws Exception {
    Path page = folder.resolve("page.html");
    InspectionReport.write("model.onnx", sample(), page);
    try (Browser browser = Browser.start(profile)) {
      for (int width : new int[] {1280, 390}) {
        browser.resize(width, 900);
        browser.open(page);
        browser.run("document.querySelectorAll('.chart').forEach(c => c.scrollIntoView())");
        browser.run("document.querySelectorAll('.chart').forEach(c => c.show())");
        browser.settle();
        assertThat(browser.number("return document.querySelectorAll('.chart svg').length"))
            .isEqualTo(10);
        assertThat(browser.number("return document.documentElement.scrollWidth"))
            .isLessThanOrEqualTo(width);
        // What can be saved stands first.
        assertThat(firstRow(browser)).startsWith("encoder.layers.6.");
        assertThat(browser.text("return document.title")).isEqualTo("Rankfall: model.onnx");
        browser.run(
            "[...document.querySelectorAll('th button')].find(b => b.textContent == 'matrix').click()");
        assertThat(firstRow(browser)).startsWith("</script>");
        assertThat(browser.console()).isEmpty();
        // A phone that is turned.
        browser.resize(700, 390);
        browser.resize(width, 900);
        assertThat(
                browser.number(
                    "return [...document.querySelectorAll('.chart')]"
                        + ".filter(c => c.querySelector('svg').clientWidth !== c.clientWidth).length"))
            .isZero();
      }
    }
  }

  private static String firstRow(Browser browser) {
    return browser.text("return document.querySelector('tbody td').textContent");
  }
}
