package io.rankfall.study.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankfall.compress.AtomicFile;
import io.rankfall.study.Results;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** {@link Results} as one HTML file that needs no other file and no network. */
public final class HtmlReport {

  /** Each builds on those before it. */
  private static final List<String> SCRIPTS =
      List.of(
          "page-format.js",
          "page-theme.js",
          "page-chart.js",
          "page-controls.js",
          "report-data.js",
          "report-theme.js",
          "report-summary.js",
          "report-chart.js",
          "report-figure.js",
          "report-compression.js",
          "report-training.js",
          "report-spectra.js",
          "report-table.js",
          "report-about.js",
          "report-page.js");

  private HtmlReport() {}

  /** Writes the report, whole or not at all. */
  public static void write(Results results, Path path) throws IOException {
    byte[] html = render(results).getBytes(UTF_8);
    AtomicFile.write(path, out -> out.write(html));
  }

  /**
   * Draws a report.
   *
   * @return the whole HTML document
   */
  public static String render(Results results) {
    return HtmlPage.render(
        title(results), List.of(HtmlPage.Library.ECHARTS_COMMON), SCRIPTS, results);
  }

  private static String title(Results results) {
    Results.Settings settings = results.settings();
    return "Rankfall: " + settings.architecture() + " on " + settings.dataset();
  }
}
