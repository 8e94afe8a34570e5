package io.rankfall.train.tracking;

import java.io.IOException;

/** An MLflow server's answer that is no success. */
final class MlflowRefusal extends IOException {
  private static final long serialVersionUID = 1;
  private static final int TOO_MANY_REQUESTS = 429;

  private final int status;
  private final String errorCode;

  /**
   * @param status of HTTP
   * @param errorCode MLflow's own, for example {@code RESOURCE_DOES_NOT_EXIST}; empty if the answer
   *     had none
   */
  MlflowRefusal(String message, int status, String errorCode) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
  }

  boolean is(String code) {
    return errorCode.equals(code);
  }

  /** Whether the same request may succeed later. */
  boolean passes() {
    return status >= 500 || status == TOO_MANY_REQUESTS;
  }
}
