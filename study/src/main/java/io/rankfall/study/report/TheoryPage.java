package io.rankfall.study.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankfall.compress.AtomicFile;
import io.rankfall.study.recording.Recordings;
import io.rankfall.train.theory.TheoryReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A {@link TheoryReport} as one HTML file: what holds of each layer, and every number behind it.
 *
 * <pre>{@code
 * TheoryPage.of(report).write(Path.of("theory.html"));
 * }</pre>
 */
public final class TheoryPage {
  private static final List<String> SCRIPTS =
      List.of(
          "page-format.js",
          "page-theme.js",
          "page-chart.js",
          "page-frame.js",
          "page-controls.js",
          "page-figure.js",
          "theory-data.js",
          "theory-verdicts.js",
          "theory-bounds.js",
          "theory-memory.js",
          "theory-steps.js",
          "theory-player.js",
          "theory-explorer.js",
          "theory-page.js");

  private final TheoryDocument document;

  private TheoryPage(TheoryDocument document) {
    this.document = document;
  }

  /** A page without the explorer. */
  public static TheoryPage of(TheoryReport report) {
    return new TheoryPage(TheoryDocument.of(report, List.of()));
  }

  /** This page with an explorer that plays the given recordings. */
  public TheoryPage withExplorer(Recordings recordings) {
    return new TheoryPage(TheoryDocument.of(document.report(), recordings.all()));
  }

  /** Writes the page, whole or not at all. */
  public void write(Path path) throws IOException {
    byte[] html = render().getBytes(UTF_8);
    AtomicFile.write(path, out -> out.write(html));
  }

  /** The whole HTML document. */
  public String render() {
    return HtmlPage.render(
        "Rankfall: theory of " + document.network(),
        List.of(HtmlPage.Library.ECHARTS_COMMON),
        SCRIPTS,
        document);
  }
}
