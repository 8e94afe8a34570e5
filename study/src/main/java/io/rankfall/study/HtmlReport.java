package io.rankfall.study;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import io.rankfall.compress.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * {@link Results} as one HTML file that needs no other file and no network.
 *
 * <p>The file carries its styles, its scripts, the chart library and the results themselves. Its
 * content security policy admits exactly these scripts by their SHA-256 and no connection at all,
 * so text in the results can neither run nor fetch anything.
 */
public final class HtmlReport {

  private static final String CHART_LIBRARY_POM =
      "/META-INF/maven/org.webjars/echarts/pom.properties";
  private static final String CHART_LIBRARY =
      "/META-INF/resources/webjars/echarts/%s/echarts.common.min.js";

  /** Each builds on those before it. */
  private static final List<String> SCRIPTS =
      List.of(
          "report-data.js",
          "report-format.js",
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

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .registerModule(
              new SimpleModule()
                  .addSerializer(new FiniteOrNull(Double.class))
                  .addSerializer(double.class, new FiniteOrNull(Double.class)));

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
    String library = normalised(resource(CHART_LIBRARY.formatted(chartLibraryVersion())));
    String script =
        SCRIPTS.stream()
            .map(name -> normalised(resource(name)))
            .collect(Collectors.joining("\n", "(() => {\n'use strict';\n", "})();\n"));
    Map<String, String> parts =
        Map.of(
            "title",
            escaped(title(results)),
            "policy",
            "'" + sha256(library) + "' '" + sha256(script) + "'",
            "css",
            resource("report.css"),
            "data",
            json(results),
            "library",
            library,
            "script",
            script);
    // One pass: a placeholder spelled out in the results stays text.
    return PLACEHOLDER
        .matcher(resource("report.html"))
        .replaceAll(match -> Matcher.quoteReplacement(part(parts, match)));
  }

  private static String part(Map<String, String> parts, MatchResult match) {
    String part = parts.get(match.group(1));
    if (part == null) {
      throw new IllegalStateException("report.html: unknown placeholder " + match.group());
    }
    return part;
  }

  private static String title(Results results) {
    Results.Settings settings = results.settings();
    return "Rankfall: " + settings.architecture() + " on " + settings.dataset();
  }

  /** JSON that cannot end the script element it stands in. */
  private static String json(Results results) {
    try {
      return JSON.writeValueAsString(results).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String chartLibraryVersion() {
    Properties properties = new Properties();
    try (InputStream in = open(CHART_LIBRARY_POM)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  private static String resource(String name) {
    try (InputStream in = open(name)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream open(String name) {
    InputStream in = HtmlReport.class.getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException("missing on the class path: " + name);
    }
    return in;
  }

  /**
   * Browsers hash an inline script after turning CR LF into LF; a checkout may have put it there.
   */
  private static String normalised(String script) {
    return script.replace("\r\n", "\n");
  }

  private static String sha256(String script) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(script.getBytes(UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** JSON has no NaN and no infinity. */
  private static final class FiniteOrNull extends StdSerializer<Double> {
    @Serial private static final long serialVersionUID = 1L;

    FiniteOrNull(Class<Double> type) {
      super(type);
    }

    @Override
    public void serialize(Double value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      if (Double.isFinite(value)) {
        json.writeNumber(value);
      } else {
        json.writeNull();
      }
    }
  }
}
