package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import java.io.IOException;

/**
 * Jane Austen's Pride and Prejudice (1813, public domain) from the class path, for predicting the
 * next character: 685 thousand characters, 75 different ones, in windows of 64.
 */
public final class Austen {
  public static final String NAME = "austen";

  private static final String FILE = "/io/rankfall/austen/pride-and-prejudice.txt.gz";
  private static final String SHA256 =
      "96c4f90d77b6be0fdea103138decbbf0ecd10b15eec26a5927c9fb459a90cc7e";

  private Austen() {}

  /**
   * Reads the text.
   *
   * @throws DataFormatException if it is not the original one
   */
  public static Dataset load() throws IOException {
    return text().dataset(NAME, SHA256);
  }

  /** The different characters in the order of their numbers. */
  public static String vocabulary() throws IOException {
    return text().vocabulary();
  }

  private static CharacterText text() throws IOException {
    return CharacterText.of(FILE, GzipFile.ofClassPath(FILE, SHA256));
  }
}
