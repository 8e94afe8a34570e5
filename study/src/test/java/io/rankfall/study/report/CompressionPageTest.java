package io.rankfall.study.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankfall.compress.Compression;
import io.rankfall.compress.CompressionReport;
import io.rankfall.compress.Goal;
import io.rankfall.compress.RankPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

class CompressionPageTest {
  @TempDir private Path folder = Path.of("");

  private static Path model(String name) {
    return Path.of("../compress/src/test/resources/io/rankfall/compress/models").resolve(name);
  }

  private CompressionReport compressed(String name, Goal goal) throws Exception {
    return Compression.of(model(name), goal).batch(4).write(folder.resolve("small.onnx"));
  }

  @Test
  void jsonHoldsBothModelsAndEveryLayer() throws Exception {
    CompressionReport report = compressed("residual.onnx", new RankPolicy.ParameterBudget(0.5));
    JsonNode json = new ObjectMapper().readTree(CompressionDocument.of(report).json());
    assertThat(json.path("version").asInt()).isEqualTo(1);
    assertThat(json.path("goal").asText()).isEqualTo("at most 0.5 of the parameters");
    assertThat(json.path("compressed").path("bytes").asLong())
        .isEqualTo(Files.size(folder.resolve("small.onnx")));
    assertThat(json.path("layers")).hasSize(5);
    assertThat(json.path("layers"))
        .anyMatch(
            layer ->
                layer.path("ranks").isNull() == layer.path("decision").asText().equals("dense"))
        .allMatch(layer -> layer.path("macs").asLong() <= layer.path("denseMacs").asLong());
    assertThat(json.path("leftAlone").findValuesAsText("reason"))
        .anyMatch(reason -> reason.contains("depthwise"));
    assertThat(json.path("latencies").findValues("micros")).allMatch(t -> t.asDouble() > 0);
  }

  @Test
  @EnabledIf(
      value = "io.rankfall.study.report.Browser#isInstalled",
      disabledReason = Browser.NEEDED)
  void readsOnADeskAndOnAPhone(@TempDir Path profile) throws Exception {
    CompressionReport report = compressed("lenet.onnx", new Goal.FileSize(30_000));
    Path page = folder.resolve("report.html");
    CompressionPage.write(report, page);
    try (Browser browser = Browser.start(profile)) {
      for (int width : new int[] {1280, 390}) {
        browser.resize(width, 900);
        browser.open(page);
        browser.run("document.querySelectorAll('.chart').forEach(c => c.show())");
        browser.settle();
        assertThat(browser.number("return document.documentElement.scrollWidth"))
            .isLessThanOrEqualTo(width);
        assertThat(browser.text("return document.title")).isEqualTo("Rankfall: " + report.model());
        assertThat(browser.text("return document.querySelector('#figure-both').textContent"))
            .contains("%,d".formatted(report.compressed().bytes()));
        assertThat(browser.text("return document.querySelector('.verdict').textContent"))
            .contains("fewer parameters");
        assertThat(browser.number("return document.querySelectorAll('.chart svg').length"))
            .isEqualTo(1);
        assertThat(
                browser.number(
                    "return document.querySelectorAll('#figure-layers tbody tr').length"))
            .isEqualTo(report.plan().layers().size());
        assertThat(browser.text("return document.querySelector('#figure-search').textContent"))
            .contains("tried on the way");
        assertThat(browser.console()).isEmpty();
      }
    }
  }
}
