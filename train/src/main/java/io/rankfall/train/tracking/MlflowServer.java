package io.rankfall.train.tracking;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An MLflow tracking server, spoken to by version 2.0 of its REST interface. */
public final class MlflowServer {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MESSAGE_LENGTH = 200;
  private static final JsonMapper JSON = new JsonMapper();

  private final String address;
  private final MlflowCredentials credentials;
  private final Duration patience;
  private final HttpClient http;

  MlflowServer(URI address, MlflowCredentials credentials, Duration patience) {
    this.address = requireAddress(address);
    this.credentials = credentials;
    this.patience = patience;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(patience)
            .build();
  }

  /**
   * The server at an address such as {@code http://localhost:5000}. Nothing is sent yet. Who asks
   * is read from the environment: {@code MLFLOW_TRACKING_USERNAME} and {@code
   * MLFLOW_TRACKING_PASSWORD}, or {@code MLFLOW_TRACKING_TOKEN}.
   *
   * @throws IllegalArgumentException in one line, if it is no http or https address, or one with a
   *     user or password in it
   */
  public static MlflowServer at(URI address) {
    return new MlflowServer(address, MlflowCredentials.of(System.getenv()), PATIENCE);
  }

  private static String requireAddress(URI address) {
    String scheme = address.getScheme() == null ? "" : address.getScheme().toLowerCase(Locale.ROOT);
    if (address.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "MLflow server: expected an address without user and password, found one with; set"
              + " MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD instead");
    }
    if (!(scheme.equals("http") || scheme.equals("https")) || address.getHost() == null) {
      throw new IllegalArgumentException(
          "MLflow server: expected an address such as http://localhost:5000, found " + address);
    }
    return address.toString().replaceAll("/+$", "");
  }

  /** How long one answer may take. */
  Duration patience() {
    return patience;
  }

  /** The answer to {@code GET path?name=value}. */
  JsonNode get(String path, String name, String value) throws IOException, InterruptedException {
    String query = name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    return answer(path, request(path + "?" + query).GET());
  }

  /** The answer to {@code POST path} with a body. */
  JsonNode post(String path, JsonNode body) throws IOException, InterruptedException {
    return answer(
        path,
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())));
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + "/api/2.0/mlflow/" + path));
    credentials.authorization().ifPresent(value -> request.header("Authorization", value));
    return request;
  }

  private JsonNode answer(String path, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    HttpResponse<String> response = exchange(path, request.build());
    JsonNode json = json(response.body());
    if (response.statusCode() == 200 && json.isObject()) {
      return json;
    }
    String code = json.path("error_code").asText();
    String said = json.path("message").asText().lines().findFirst().orElse("");
    throw new MlflowRefusal(
        "%s: expected an MLflow server's answer to %s, found HTTP %d %s %s"
            .formatted(address, path, response.statusCode(), code, shortened(said))
            .stripTrailing(),
        response.statusCode(),
        code);
  }

  private HttpResponse<String> exchange(String path, HttpRequest request)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<String>> response =
        http.sendAsync(request, BodyHandlers.ofString());
    try {
      // The client's own limit ends with the header of the answer; this one includes the body.
      return response.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw failed(path, "no answer within %.3g s".formatted(patience.toMillis() / 1e3), e);
    } catch (ExecutionException e) {
      throw failed(path, reason(e), e);
    } finally {
      response.cancel(true);
    }
  }

  private IOException failed(String path, String reason, Exception cause) {
    return new IOException(
        "%s: expected an MLflow server's answer to %s, found %s".formatted(address, path, reason),
        cause);
  }

  private static String reason(Throwable failure) {
    Throwable last = failure;
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException) {
        return "no such host";
      }
      if (t instanceof java.net.http.HttpConnectTimeoutException) {
        return "nothing that answers there";
      }
      last = t instanceof ConnectException ? t : last instanceof ConnectException ? last : t;
    }
    if (last instanceof ConnectException) {
      return "connection refused";
    }
    String message = last.getMessage();
    return message == null
        ? last.getClass().getSimpleName()
        : shortened(message.lines().findFirst().orElse(""));
  }

  private static JsonNode json(String body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  private static String shortened(String text) {
    return text.length() <= MESSAGE_LENGTH ? text : text.substring(0, MESSAGE_LENGTH) + "…";
  }

  @Override
  public String toString() {
    return address;
  }
}
