package io.rankfall.train.tracking;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** What proves to an MLflow server who asks. Never printed. */
final class MlflowCredentials {
  static final MlflowCredentials NONE = new MlflowCredentials(Optional.empty());

  private final Optional<String> authorization;

  private MlflowCredentials(Optional<String> authorization) {
    this.authorization = authorization;
  }

  /**
   * {@code MLFLOW_TRACKING_USERNAME} and {@code MLFLOW_TRACKING_PASSWORD}, or else {@code
   * MLFLOW_TRACKING_TOKEN}: MLflow's own names and order.
   */
  static MlflowCredentials of(Map<String, String> environment) {
    String user = environment.getOrDefault("MLFLOW_TRACKING_USERNAME", "");
    String password = environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
    String token = environment.getOrDefault("MLFLOW_TRACKING_TOKEN", "");
    if (!user.isEmpty() && !password.isEmpty()) {
      byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
      return new MlflowCredentials(
          Optional.of("Basic " + Base64.getEncoder().encodeToString(pair)));
    }
    return token.isEmpty() ? NONE : new MlflowCredentials(Optional.of("Bearer " + token));
  }

  /** The value of the HTTP header {@code Authorization}. */
  Optional<String> authorization() {
    return authorization;
  }
}
