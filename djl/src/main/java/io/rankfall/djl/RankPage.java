package io.rankfall.djl;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.rankfall.compress.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Properties;

/**
 * Rank against epoch for every layer, drawn by Apache ECharts on one HTML page that needs no other
 * file and no network. Its content security policy admits its own scripts only.
 */
final class RankPage {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String ECHARTS = "/META-INF/maven/org.webjars/echarts/pom.properties";

  private RankPage() {}

  static void write(Path file, List<RankRecord> history) throws IOException {
    byte[] page = render(history).getBytes(UTF_8);
    AtomicFile.write(file, out -> out.write(page));
  }

  private static String render(List<RankRecord> history) throws IOException {
    ArrayNode records = JSON.createArrayNode();
    history.stream().map(RankLog::tree).forEach(records::add);
    String library = echarts();
    String script = text("ranks.js");
    // Parts are put in back to front: what an earlier one contains is never taken for a place.
    StringBuilder page = new StringBuilder(text("ranks.html"));
    replace(page, "{{script}}", script);
    replace(page, "{{library}}", library);
    // JSON that cannot end the script element it stands in.
    replace(page, "{{data}}", JSON.writeValueAsString(records).replace("<", "\\u003c"));
    replace(page, "{{policy}}", "'%s' '%s'".formatted(sha256(library), sha256(script)));
    return page.toString();
  }

  private static void replace(StringBuilder page, String place, String part) {
    int at = page.indexOf(place);
    page.replace(at, at + place.length(), part);
  }

  private static String echarts() throws IOException {
    Properties pom = new Properties();
    try (InputStream in = open(ECHARTS)) {
      pom.load(in);
    }
    return text(
        "/META-INF/resources/webjars/echarts/%s/echarts.common.min.js"
            .formatted(pom.getProperty("version")));
  }

  /** Browsers hash an inline script after turning CR LF into LF. */
  private static String text(String resource) throws IOException {
    try (InputStream in = open(resource)) {
      return new String(in.readAllBytes(), UTF_8).replace("\r\n", "\n");
    }
  }

  private static InputStream open(String resource) throws IOException {
    InputStream in = RankPage.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IOException("page of ranks: expected %s on the class path".formatted(resource));
    }
    return in;
  }

  private static String sha256(String script) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(script.getBytes(UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
