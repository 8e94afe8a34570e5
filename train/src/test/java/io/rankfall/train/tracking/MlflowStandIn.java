package io.rankfall.train.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The part of an MLflow server that trackers and MLflow's own client use, kept in memory: REST
 * interface 2.0 as documented. A real server is a Python program, which machines of this build do
 * not have. Faults can be injected before any request.
 */
final class MlflowStandIn implements AutoCloseable {
  /** Something done instead of, or before, an answer. */
  interface Fault {
    /** The HTTP status to answer with, or 200 to answer as ever. */
    int before(String path) throws InterruptedException;
  }

  private final JsonMapper json = new JsonMapper();
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, String> experiments = new LinkedHashMap<>();
  private final Map<String, ObjectNode> runs = new LinkedHashMap<>();
  private final List<String> authorizations = new ArrayList<>();
  private volatile Fault fault = path -> 200;

  MlflowStandIn() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/api/2.0/mlflow/", this::handle);
    server.start();
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  void fail(Fault injected) {
    fault = injected;
  }

  /** Values of the header of that name, one a request. */
  List<String> authorizations() {
    return List.copyOf(authorizations);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath().replaceFirst("^/api/2.0/mlflow/", "");
      int status = fault.before(path);
      if (status != 200) {
        answer(exchange, status, error("INTERNAL_ERROR", "injected\nby a test"));
        return;
      }
      authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
      JsonNode request = request(exchange);
      synchronized (this) {
        ObjectNode found = answerTo(path, request);
        answer(exchange, found.has("error_code") ? 404 : 200, found);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private JsonNode request(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("POST")) {
      try (InputStream body = exchange.getRequestBody()) {
        return json.readTree(body);
      }
    }
    ObjectNode query = json.createObjectNode();
    for (String pair : exchange.getRequestURI().getRawQuery().split("&", -1)) {
      String[] parts = pair.split("=", 2);
      query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return query;
  }

  private ObjectNode answerTo(String path, JsonNode request) {
    return switch (path) {
      case "experiments/get-by-name" -> experiment(request.get("experiment_name").asText());
      case "experiments/create" -> {
        String id = String.valueOf(experiments.size() + 1);
        experiments.put(request.get("name").asText(), id);
        yield json.createObjectNode().put("experiment_id", id);
      }
      case "runs/create" -> create(request);
      case "runs/get" -> answerOf("run", run(request));
      case "runs/log-batch" -> {
        request.path("params").forEach(data(request, "params")::add);
        request.path("metrics").forEach(data(request, "metrics")::add);
        yield json.createObjectNode();
      }
      case "runs/set-tag" -> {
        data(request, "tags")
            .addObject()
            .put("key", request.get("key").asText())
            .put("value", request.get("value").asText());
        yield json.createObjectNode();
      }
      case "runs/update" -> {
        ObjectNode info = (ObjectNode) run(request).get("info");
        info.put("status", request.get("status").asText());
        info.put("end_time", request.get("end_time").asLong());
        yield answerOf("run_info", info);
      }
      case "metrics/get-history" -> {
        ObjectNode history = json.createObjectNode();
        ArrayNode metrics = history.putArray("metrics");
        for (JsonNode metric : data(request, "metrics")) {
          if (metric.get("key").equals(request.get("metric_key"))) {
            metrics.add(metric);
          }
        }
        yield history;
      }
      default -> error("ENDPOINT_NOT_FOUND", path);
    };
  }

  private ObjectNode experiment(String name) {
    String id = experiments.get(name);
    if (id == null) {
      return error("RESOURCE_DOES_NOT_EXIST", "Could not find experiment with name " + name);
    }
    ObjectNode found = json.createObjectNode().put("experiment_id", id).put("name", name);
    return answerOf("experiment", found.put("lifecycle_stage", "active"));
  }

  private ObjectNode create(JsonNode request) {
    String id = "run" + (runs.size() + 1);
    ObjectNode run = json.createObjectNode();
    run.putObject("info")
        .put("run_id", id)
        .put("run_name", request.get("run_name").asText())
        .put("experiment_id", request.get("experiment_id").asText())
        .put("start_time", request.get("start_time").asLong())
        .put("status", "RUNNING");
    ObjectNode data = run.putObject("data");
    data.putArray("params");
    data.putArray("metrics");
    data.set("tags", request.get("tags").deepCopy());
    runs.put(id, run);
    return answerOf("run", run);
  }

  private JsonNode run(JsonNode request) {
    return Objects.requireNonNull(runs.get(request.get("run_id").asText()), "run");
  }

  private ArrayNode data(JsonNode request, String what) {
    return (ArrayNode) run(request).get("data").get(what);
  }

  private ObjectNode answerOf(String name, JsonNode value) {
    ObjectNode answer = json.createObjectNode();
    answer.set(name, value);
    return answer;
  }

  private ObjectNode error(String code, String message) {
    return json.createObjectNode().put("error_code", code).put("message", message);
  }

  private void answer(HttpExchange exchange, int status, JsonNode body) throws IOException {
    byte[] bytes = json.writeValueAsBytes(body);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
