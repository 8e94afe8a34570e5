package io.rankfall.study.sweep;

import java.io.IOException;

/** A specification of a sweep that cannot be followed. The message is one line. */
public final class SweepFormatException extends IOException {
  private static final long serialVersionUID = 1;

  SweepFormatException(String where, String message) {
    super((where + ": " + message).replaceAll("\\s*[\\r\\n]+\\s*", " "));
  }
}
