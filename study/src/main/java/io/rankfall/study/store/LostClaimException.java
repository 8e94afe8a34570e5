package io.rankfall.study.store;

import java.io.IOException;

/** Another process took the run over, since this one was not heard of for long. */
public final class LostClaimException extends IOException {
  private static final long serialVersionUID = 1;

  LostClaimException(String run) {
    super("run %s: expected to be claimed here, found it taken over".formatted(run));
  }
}
