package io.rankfall.compress;

import java.io.IOException;

/** A file is not what its format promises. The message is one line. */
public final class ModelFormatException extends IOException {
  private static final long serialVersionUID = 1;
  private static final int LONGEST = 400;

  /**
   * @param file the file, as messages name it
   * @param where the part of the file, for example {@code initializer fc1.weight}
   */
  public ModelFormatException(String file, String where, String expected, String found) {
    super(oneLine("%s: %s: expected %s, found %s".formatted(file, where, expected, found)));
  }

  /** Names in damaged files hold anything: control characters become spaces, the end is cut. */
  static String oneLine(String text) {
    String flat = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ").strip();
    return flat.length() <= LONGEST ? flat : flat.substring(0, LONGEST) + "…";
  }
}
