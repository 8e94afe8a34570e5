package io.rankfall.train.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rankfall.train.EpochRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A run on an MLflow server: settings as parameters, the numbers of every epoch as metrics, and how
 * it ended.
 *
 * <p>Epochs are sent by a thread of its own, so that a slow server does not delay the training.
 * What could not be sent is kept and sent with the next epoch. The end waits for at most two
 * answers' time. A diverged run is {@code FAILED}, so that nobody takes it for one with all its
 * epochs; its tags {@code rankfall.outcome} and {@code rankfall.diverged} tell it from a broken
 * one. A run whose process was killed outright stays {@code RUNNING}.
 */
public final class MlflowRun implements RunTracker {
  /** MLflow's limits for one request. */
  private static final int METRICS_AT_ONCE = 1000;

  private static final int PARAMETERS_AT_ONCE = 100;

  /** How long somebody who presses Ctrl-C waits for a server that does not answer. */
  private static final Duration KILLED_PATIENCE = Duration.ofSeconds(3);

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final MlflowServer server;
  private final String runId;
  private final Consumer<String> trouble;
  private final ExecutorService sender =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "mlflow");
            thread.setDaemon(true);
            return thread;
          });

  /** What the sender has to send yet; its alone. */
  private final Deque<Call> unsent = new ArrayDeque<>();

  private boolean ended;
  private boolean troubled;

  private record Call(String path, ObjectNode body) {}

  private MlflowRun(MlflowServer server, String runId, Consumer<String> trouble) {
    this.server = server;
    this.runId = runId;
    this.trouble = trouble;
  }

  /**
   * Starts a run in an experiment, which is created if it is missing.
   *
   * @param trouble hears at most once, in one line, that the server could not be told something
   * @throws IOException in one line, if the server does not answer or refuses
   */
  public static MlflowRun start(
      MlflowServer server, String experiment, TrackedRun run, Consumer<String> trouble)
      throws IOException, InterruptedException {
    ObjectNode create = JSON.objectNode();
    create.put("experiment_id", experimentId(server, experiment));
    create.put("run_name", run.name());
    create.put("start_time", System.currentTimeMillis());
    create.set(
        "tags",
        pairs(
            Map.of(
                    "mlflow.runName",
                    run.name(),
                    "mlflow.user",
                    System.getProperty("user.name", "unknown"),
                    "mlflow.source.name",
                    "rankfall",
                    "mlflow.source.type",
                    "LOCAL")
                .entrySet()));
    String runId =
        required(server, server.post("runs/create", create).path("run").path("info"), "run_id");
    List<Entry<String, String>> settings = List.copyOf(run.settings().entrySet());
    for (int from = 0; from < settings.size(); from += PARAMETERS_AT_ONCE) {
      int to = Math.min(settings.size(), from + PARAMETERS_AT_ONCE);
      ObjectNode batch = JSON.objectNode().put("run_id", runId);
      batch.set("params", pairs(settings.subList(from, to)));
      server.post("runs/log-batch", batch);
    }
    return new MlflowRun(server, runId, trouble);
  }

  private static String experimentId(MlflowServer server, String name)
      throws IOException, InterruptedException {
    try {
      return existing(server, name);
    } catch (MlflowRefusal e) {
      if (!e.is("RESOURCE_DOES_NOT_EXIST")) {
        throw e;
      }
    }
    try {
      JsonNode created = server.post("experiments/create", JSON.objectNode().put("name", name));
      return required(server, created, "experiment_id");
    } catch (MlflowRefusal e) {
      if (e.is("RESOURCE_ALREADY_EXISTS")) {
        // Another run was faster.
        return existing(server, name);
      }
      throw e;
    }
  }

  private static String existing(MlflowServer server, String name)
      throws IOException, InterruptedException {
    JsonNode experiment =
        server.get("experiments/get-by-name", "experiment_name", name).path("experiment");
    if (experiment.path("lifecycle_stage").asText().equals("deleted")) {
      throw new IOException(
          "%s: expected an experiment that is in use, found '%s' deleted; restore it or name another"
              .formatted(server, name));
    }
    return required(server, experiment, "experiment_id");
  }

  private static String required(MlflowServer server, JsonNode answer, String field)
      throws IOException {
    String value = answer.path(field).asText();
    if (value.isEmpty()) {
      throw new IOException(
          "%s: expected an MLflow server's answer with %s, found none".formatted(server, field));
    }
    return value;
  }

  private static ArrayNode pairs(Iterable<Entry<String, String>> entries) {
    ArrayNode pairs = JSON.arrayNode();
    entries.forEach(
        entry -> pairs.addObject().put("key", entry.getKey()).put("value", entry.getValue()));
    return pairs;
  }

  /** The server's name for this run. */
  public String runId() {
    return runId;
  }

  @Override
  public synchronized void onEpoch(EpochRecord record) {
    if (ended) {
      return;
    }
    long now = System.currentTimeMillis();
    List<ObjectNode> metrics = new ArrayList<>();
    EpochScalars.of(record)
        .forEach(
            (tag, value) -> {
              ObjectNode metric = JSON.objectNode().put("key", key(tag));
              if (Double.isFinite(value)) {
                metric.put("value", value);
              } else {
                // JSON has no such numbers; protobuf's form of it takes their names.
                metric.put("value", String.valueOf(value));
              }
              metrics.add(metric.put("timestamp", now).put("step", record.epoch()));
            });
    List<Call> calls = new ArrayList<>();
    for (int from = 0; from < metrics.size(); from += METRICS_AT_ONCE) {
      ObjectNode batch = JSON.objectNode().put("run_id", runId);
      batch
          .putArray("metrics")
          .addAll(metrics.subList(from, Math.min(metrics.size(), from + METRICS_AT_ONCE)));
      calls.add(new Call("runs/log-batch", batch));
    }
    sender.execute(() -> send(calls));
  }

  /** MLflow's names of metrics have letters, digits and few signs. */
  private static String key(String tag) {
    return tag.replaceAll("[^A-Za-z0-9_./ -]", "_");
  }

  @Override
  public void end(RunEnd end) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      List<Call> calls = lastCalls(end);
      sender.execute(() -> send(calls));
      sender.shutdown();
    }
    // Not under the lock: the training may be at its next epoch, which is ignored.
    Duration patience = server.patience().multipliedBy(2);
    if (end instanceof RunEnd.Killed && patience.compareTo(KILLED_PATIENCE) > 0) {
      patience = KILLED_PATIENCE;
    }
    try {
      if (!sender.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        sender.shutdownNow();
        tell("%s: expected answers, found none in time".formatted(server));
      }
    } catch (InterruptedException e) {
      sender.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private List<Call> lastCalls(RunEnd end) {
    List<Call> calls = new ArrayList<>();
    calls.add(tag("rankfall.outcome", outcome(end)));
    if (end instanceof RunEnd.Diverged diverged) {
      calls.add(tag("rankfall.diverged", diverged.reason()));
    }
    calls.add(
        new Call(
            "runs/update",
            JSON.objectNode()
                .put("run_id", runId)
                .put("status", status(end))
                .put("end_time", System.currentTimeMillis())));
    return calls;
  }

  private Call tag(String key, String value) {
    ObjectNode tag = JSON.objectNode().put("run_id", runId);
    return new Call("runs/set-tag", tag.put("key", key).put("value", value));
  }

  private static String outcome(RunEnd end) {
    if (end instanceof RunEnd.Finished) {
      return "COMPLETED";
    }
    return end instanceof RunEnd.Diverged ? "DIVERGED" : status(end);
  }

  private static String status(RunEnd end) {
    if (end instanceof RunEnd.Finished) {
      return "FINISHED";
    }
    return end instanceof RunEnd.Killed ? "KILLED" : "FAILED";
  }

  /** Sends what is left and then these; on the sender's thread. */
  private void send(List<Call> calls) {
    unsent.addAll(calls);
    try {
      while (!unsent.isEmpty()) {
        Call call = unsent.getFirst();
        try {
          server.post(call.path(), call.body());
        } catch (MlflowRefusal e) {
          tell(String.valueOf(e.getMessage()));
          if (e.passes()) {
            return;
          }
          // Refused for good: what comes after it may still be taken, the end above all.
        }
        unsent.removeFirst();
      }
    } catch (IOException e) {
      tell(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(String what) {
    synchronized (unsent) {
      if (troubled) {
        return;
      }
      troubled = true;
    }
    trouble.accept(what + "; the training goes on, and what is missing is sent once that works");
  }
}
