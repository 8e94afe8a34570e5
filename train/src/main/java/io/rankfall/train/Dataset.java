package io.rankfall.train;

import org.jspecify.annotations.Nullable;

/**
 * Named training and test examples, as learners see them.
 *
 * @param validation what decisions during a training are made by, so that the test examples are not
 *     used for them; null if there are none
 * @param sha256 of the raw files, in hexadecimal: what the numbers depend on
 */
public record Dataset(
    String name, Examples train, @Nullable Examples validation, Examples test, String sha256) {
  public Dataset {
    requireLike(name, train, "test", test);
    if (validation != null) {
      requireLike(name, train, "validation", validation);
    }
  }

  private static void requireLike(String name, Examples train, String which, Examples others) {
    if (!kind(train).equals(kind(others))) {
      throw new IllegalArgumentException(
          "data set %s: expected %s examples like the training ones (%s), found %s"
              .formatted(name, which, kind(train), kind(others)));
    }
  }

  /** Without validation examples. */
  public Dataset(String name, Examples train, Examples test, String sha256) {
    this(name, train, null, test, sha256);
  }

  /** For example {@code 3x32x32, 10 classes, 1 label each}. */
  private static String kind(Examples examples) {
    return "%s, %d classes, %d %s each"
        .formatted(
            examples.shape(),
            examples.classes(),
            examples.targets(),
            examples.targets() == 1 ? "label" : "labels");
  }

  /**
   * The first training examples with all others, under a name of its own, for example {@code
   * fashion-mnist-3000}; all of them are this data set.
   *
   * @throws IllegalArgumentException in one line, if there are fewer
   */
  public Dataset first(int examples) {
    if (examples < 1 || examples > train.size()) {
      throw new IllegalArgumentException(
          "examples: expected 1 to the %d of %s, found %d".formatted(train.size(), name, examples));
    }
    return examples == train.size()
        ? this
        : new Dataset(name + "-" + examples, train.first(examples), validation, test, sha256);
  }

  /**
   * The last {@code examples} training examples for validation, the others as {@link #first} gives
   * and names them.
   *
   * @throws IllegalArgumentException in one line, if none would be left to train on
   */
  public Dataset holdOut(int examples) {
    if (examples < 1 || examples >= train.size()) {
      throw new IllegalArgumentException(
          "validation examples: expected 1 to %d of the %d training examples of %s, found %d"
              .formatted(train.size() - 1, train.size(), name, examples));
    }
    Dataset rest = first(train.size() - examples);
    return new Dataset(rest.name, rest.train, train.last(examples), test, sha256);
  }
}
