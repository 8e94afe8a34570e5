package io.rankfall.study.report;

import io.rankfall.study.Results;
import io.rankfall.study.SampleResults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The reports that tests open, with what they must contain. */
enum SampleReport {
  COMPARISON(19),
  ODD(13),
  SINGLE(13);

  private static final Path DIRECTORY = Path.of("target", "report");

  private final int charts;

  SampleReport(int charts) {
    this.charts = charts;
  }

  int charts() {
    return charts;
  }

  Results results() {
    return switch (this) {
      case COMPARISON -> SampleResults.comparison();
      case ODD -> SampleResults.odd();
      case SINGLE -> SampleResults.single();
    };
  }

  void openIn(Browser browser) throws IOException {
    Files.createDirectories(DIRECTORY);
    Path file = DIRECTORY.resolve(name().toLowerCase(Locale.ROOT) + ".html");
    Files.writeString(file, HtmlReport.render(results()));
    browser.open(file.toAbsolutePath());
    browser.settle();
  }

  /** Keeps a picture beside the report for people to look at. */
  void photographIn(Browser browser, String view) throws IOException {
    browser.photograph(DIRECTORY.resolve(name().toLowerCase(Locale.ROOT) + "-" + view + ".png"));
  }
}
