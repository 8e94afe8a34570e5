package io.rankfall.benchmarks.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** A Python process that does a peer's work on request: {@code peers.py}. */
final class PythonPeers implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader replies;
  private final JsonNode versions;
  private int contenders;

  /**
   * Starts the process.
   *
   * @param python the interpreter
   * @throws IOException if it does not start, or NumPy is missing
   */
  PythonPeers(String python, Path script) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(python, script.toString());
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("OPENBLAS_NUM_THREADS", "1");
    process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    requests = process.outputWriter(StandardCharsets.UTF_8);
    replies = process.inputReader(StandardCharsets.UTF_8);
    versions = reply();
  }

  /** Versions of Python and of the libraries, null where one is missing. */
  JsonNode versions() {
    return versions;
  }

  /**
   * A contender that works in the process.
   *
   * @param settings the request that {@code peers.py} expects for this work
   * @throws MissingPeerException if a library is not installed
   */
  Contender enter(String work, Map<String, ?> settings) throws IOException, MissingPeerException {
    int id = contenders++;
    ObjectNode prepare = JSON.valueToTree(settings);
    prepare.put("id", id).put("work", work);
    JsonNode prepared = ask(prepare);
    if (prepared.has("missing")) {
      throw new MissingPeerException(prepared.get("missing").asText());
    }
    String note = prepared.get("note").asText();
    return new Contender() {
      @Override
      public String note() {
        return note;
      }

      @Override
      public double measure(double seconds) throws IOException {
        return ask(JSON.createObjectNode().put("id", id).put("seconds", seconds))
            .get("rate")
            .asDouble();
      }

      @Override
      public void close() throws IOException {
        ask(JSON.createObjectNode().put("id", id));
      }
    };
  }

  private JsonNode ask(ObjectNode request) throws IOException {
    requests.write(request.toString());
    requests.newLine();
    requests.flush();
    return reply();
  }

  private JsonNode reply() throws IOException {
    String line = replies.readLine();
    if (line == null) {
      throw new IOException("peers.py: expected a reply, found its end; its message stands above");
    }
    return JSON.readTree(line);
  }

  @Override
  public void close() throws IOException {
    requests.close();
    process.destroy();
  }
}
