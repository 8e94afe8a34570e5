package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.InputShape;
import io.rankfall.train.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A text of which each character is to be predicted from those before it. Characters are numbered
 * in the order of Unicode. An example is a window of {@link #WINDOW} characters, as their numbers;
 * its labels are the characters that follow each of them. Windows do not overlap; those of training
 * lie in the first nine tenths of the text, those of the test in the rest.
 */
final class CharacterText {
  /** T, characters of an example. */
  static final int WINDOW = 64;

  /** Of the characters, one in so many is for the test. */
  private static final int TEST_SHARE = 10;

  private static final int SHORTEST = TEST_SHARE * (WINDOW + 1);
  private static final int MOST_DIFFERENT = 1000;

  /** Code points in their order. */
  private final int[] vocabulary;

  /** The text as indices of the vocabulary. */
  private final int[] tokens;

  private CharacterText(int[] vocabulary, int[] tokens) {
    this.vocabulary = vocabulary;
    this.tokens = tokens;
  }

  /**
   * @param name what messages call it
   * @param text in UTF-8
   * @throws DataFormatException in one line, if it is no text, too short, or of too many different
   *     characters
   */
  static CharacterText of(String name, byte[] text) throws DataFormatException {
    int[] points = new String(text, StandardCharsets.UTF_8).codePoints().toArray();
    for (int i = 0; i < points.length; i++) {
      if (points[i] == 0xfffd || (points[i] < ' ' && !Character.isWhitespace(points[i]))) {
        throw new DataFormatException(
            "%s: expected a text in UTF-8, found other bytes at character %,d".formatted(name, i));
      }
    }
    if (points.length < SHORTEST) {
      throw new DataFormatException(
          "%s: expected at least %d characters, found %d".formatted(name, SHORTEST, points.length));
    }
    int[] vocabulary = Arrays.stream(points).sorted().distinct().toArray();
    if (vocabulary.length < 2 || vocabulary.length > MOST_DIFFERENT) {
      throw new DataFormatException(
          "%s: expected 2 to %d different characters, found %d"
              .formatted(name, MOST_DIFFERENT, vocabulary.length));
    }
    int[] tokens = new int[points.length];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = Arrays.binarySearch(vocabulary, points[i]);
    }
    return new CharacterText(vocabulary, tokens);
  }

  /** The different characters in the order of their numbers. */
  String vocabulary() {
    return new String(vocabulary, 0, vocabulary.length);
  }

  Dataset dataset(String name, String sha256) {
    int test = tokens.length - tokens.length / TEST_SHARE;
    return new Dataset(name, windows(0, test), windows(test, tokens.length), sha256);
  }

  /** Those that lie, with the character after them, between two positions of the text. */
  private Examples windows(int from, int to) {
    int count = (to - from - 1) / WINDOW;
    float[] inputs = new float[count * WINDOW];
    int[] next = new int[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = tokens[from + i];
      next[i] = tokens[from + i + 1];
    }
    return Examples.of(
        InputShape.flat(WINDOW), inputs, Labels.sequences(vocabulary.length, WINDOW, next));
  }
}
