package io.rankfall.study.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankfall.compress.AtomicFile;
import io.rankfall.compress.CompressionReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A {@link CompressionReport} as one HTML file: both models side by side, and every layer. */
public final class CompressionPage {
  private static final List<String> SCRIPTS =
      List.of(
          "page-format.js", "page-theme.js", "page-chart.js", "page-frame.js", "compression.js");

  private CompressionPage() {}

  /** Writes the page, whole or not at all. */
  public static void write(CompressionReport report, Path path) throws IOException {
    byte[] html = render(report).getBytes(UTF_8);
    AtomicFile.write(path, out -> out.write(html));
  }

  /** The whole HTML document. */
  public static String render(CompressionReport report) {
    return HtmlPage.render(
        "Rankfall: " + report.model(),
        List.of(HtmlPage.Library.ECHARTS_COMMON),
        SCRIPTS,
        CompressionDocument.of(report));
  }
}
