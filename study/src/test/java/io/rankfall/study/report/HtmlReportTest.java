package io.rankfall.study.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankfall.study.Results;
import io.rankfall.study.SampleResults;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class HtmlReportTest {

  private static final Pattern ISLAND =
      Pattern.compile("<script type=\"application/json\" id=\"results\">(.*?)</script>");

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void carriesTheResultsUnchanged() throws Exception {
    Results results = SampleResults.comparison();

    String island = island(HtmlReport.render(results));

    assertThat(json.readValue(island, Results.class)).isEqualTo(results);
  }

  @Test
  void refersToNothingOutsideTheFile() {
    String html = withoutLibrary(HtmlReport.render(SampleResults.comparison()));

    List<String> references =
        Pattern.compile("<[a-z][^<>]*?\\s(?:src|href|srcset|action)\\s*=\\s*[\"']?([^\"'\\s>]*)")
            .matcher(html)
            .results()
            .map(match -> match.group(1))
            .toList();
    assertThat(references).containsOnly("data:,");
    assertThat(html)
        .doesNotContain("@import")
        .doesNotContain("url(")
        .doesNotContain("sourceMappingURL");
  }

  @Test
  void allowsOnlyItsOwnScriptsAndNoConnection() {
    String html = HtmlReport.render(SampleResults.comparison());

    assertThat(html)
        .containsPattern(
            "content=\"default-src 'none'; script-src 'sha256-[\\w+/=]+' 'sha256-[\\w+/=]+';")
        .doesNotContain("connect-src")
        .doesNotContainPattern("<[a-z][^<>]*\\son[a-z]+\\s*=");
  }

  @Test
  void textOfTheResultsIsNeverMarkup() throws Exception {
    Results results = SampleResults.odd();

    String html = withoutLibrary(HtmlReport.render(results));

    assertThat(html).doesNotContain("<img");
    assertThat(occurrences(html, "<script")).as("opened scripts").isEqualTo(2);
    assertThat(occurrences(html, "</script>")).as("closed scripts").isEqualTo(2);
    JsonNode island = json.readTree(island(html));
    assertThat(island.at("/runs/0/label").asText()).isEqualTo(SampleResults.HOSTILE);
    assertThat(island.at("/findings/0/text").asText())
        .as("a placeholder in the results stays text")
        .startsWith("{{script}} & ");
  }

  @Test
  void titleIsEscaped() {
    Results results = SampleResults.single();
    Results.Settings settings = results.settings();
    Results renamed =
        new Results(
            results.formatVersion(),
            new Results.Settings(
                "R&D <b>",
                settings.trainExamples(),
                settings.testExamples(),
                settings.architecture(),
                settings.initialization(),
                settings.parameters(),
                settings.learningRate(),
                settings.momentum(),
                settings.milestones(),
                settings.decayFactor(),
                settings.epochs(),
                settings.seed(),
                settings.calibrationExamples()),
            results.provenance(),
            results.runs(),
            results.references(),
            results.findings());

    assertThat(HtmlReport.render(renamed))
        .contains("<title>Rankfall: 32-16-10 on R&amp;D &lt;b&gt;</title>");
  }

  @Test
  void numbersThatAreNotFiniteBecomeNull() throws Exception {
    String island = island(HtmlReport.render(SampleResults.odd()));

    JsonNode lastEpoch = json.readTree(island).at("/runs/1/epochs/1");
    assertThat(lastEpoch.get("trainLoss").isNull()).isTrue();
    assertThat(lastEpoch.get("testLoss").isNull()).isTrue();
    assertThat(island).doesNotContain("NaN").doesNotContain("Infinity");
  }

  @Test
  void sameResultsGiveTheSameFile() {
    assertThat(HtmlReport.render(SampleResults.single()))
        .isEqualTo(HtmlReport.render(SampleResults.single()));
  }

  private static String island(String html) {
    List<MatchResult> islands = ISLAND.matcher(html).results().toList();
    assertThat(islands).hasSize(1);
    return islands.get(0).group(1);
  }

  /** The chart library spells out markup in strings of its own; the policy guards those. */
  private static String withoutLibrary(String html) {
    int start = html.indexOf("<script>");
    int end = html.indexOf("</script>", start) + "</script>".length();
    return html.substring(0, start) + html.substring(end);
  }

  private static int occurrences(String text, String part) {
    return (int) Pattern.compile(Pattern.quote(part)).matcher(text).results().count();
  }
}
