package io.rankfall.study.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.io.UncheckedIOException;
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
 * One HTML file that needs no other file and no network.
 *
 * <p>The file carries its styles, its scripts, the chart library and its data. Its content security
 * policy admits exactly these scripts by their SHA-256 and no connection at all, so text in the
 * data can neither run nor fetch anything.
 */
final class HtmlPage {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .registerModule(
              new SimpleModule()
                  .addSerializer(new FiniteOrNull(Double.class))
                  .addSerializer(double.class, new FiniteOrNull(Double.class)));

  private HtmlPage() {}

  /** A script of a webjar. */
  enum Library {
    /** Apache ECharts with lines, bars and points. */
    ECHARTS_COMMON("org.webjars", "echarts", "echarts.common.min.js"),
    /** All of Apache ECharts: 370 kB more. */
    ECHARTS("org.webjars", "echarts", "echarts.min.js"),
    D3_ARRAY("org.webjars.npm", "d3-array", "dist/d3-array.min.js"),
    /** Needs {@link #D3_ARRAY} before it. */
    D3_CONTOUR("org.webjars.npm", "d3-contour", "dist/d3-contour.min.js");

    private final String group;
    private final String artifact;
    private final String file;

    Library(String group, String artifact, String file) {
      this.group = group;
      this.artifact = artifact;
      this.file = file;
    }

    private String text() {
      Properties pom = new Properties();
      try (InputStream in =
          open("/META-INF/maven/%s/%s/pom.properties".formatted(group, artifact))) {
        pom.load(in);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return normalised(
          resource(
              "/META-INF/resources/webjars/%s/%s/%s"
                  .formatted(artifact, pom.getProperty("version"), file)));
    }
  }

  /**
   * The whole HTML document.
   *
   * @param title plain text
   * @param libraries scripts of others, each building on those before it
   * @param scripts resources of this package, each building on those before it
   * @param data what the scripts draw, as JSON; numbers that are not finite become null
   */
  static String render(String title, List<Library> libraries, List<String> scripts, Object data) {
    String library = libraries.stream().map(Library::text).collect(Collectors.joining("\n"));
    String script =
        scripts.stream()
            .map(name -> normalised(resource(name)))
            .collect(Collectors.joining("\n", "(() => {\n'use strict';\n", "})();\n"));
    Map<String, String> parts =
        Map.of(
            "title",
            escaped(title),
            "policy",
            "'" + sha256(library) + "' '" + sha256(script) + "'",
            "css",
            resource("page.css"),
            "data",
            json(data),
            "library",
            library,
            "script",
            script);
    // One pass: a placeholder spelled out in the data stays text.
    return PLACEHOLDER
        .matcher(resource("page.html"))
        .replaceAll(match -> Matcher.quoteReplacement(part(parts, match)));
  }

  private static String part(Map<String, String> parts, MatchResult match) {
    String part = parts.get(match.group(1));
    if (part == null) {
      throw new IllegalStateException("page.html: unknown placeholder " + match.group());
    }
    return part;
  }

  /** JSON that cannot end the script element it stands in. */
  private static String json(Object data) {
    try {
      return JSON.writeValueAsString(data).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String resource(String name) {
    try (InputStream in = open(name)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream open(String name) {
    InputStream in = HtmlPage.class.getResourceAsStream(name);
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
