package io.rankfall.train;

import java.io.IOException;

/** A data file is not what it should be: the message says what, where, expected and found. */
public final class DataFormatException extends IOException {
  private static final long serialVersionUID = 1;

  public DataFormatException(String message) {
    super(message);
  }
}
