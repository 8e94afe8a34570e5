package io.rankfall.train;

/**
 * A named pair of training and test examples, as learners see them.
 *
 * @param sha256 of the raw files, in hexadecimal: what the numbers depend on
 */
public record Dataset(String name, Examples train, Examples test, String sha256) {
  public Dataset {
    if (!kind(train).equals(kind(test))) {
      throw new IllegalArgumentException(
          "data set %s: expected test examples like the training ones (%s), found %s"
              .formatted(name, kind(train), kind(test)));
    }
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
   * The first training examples with all test examples, under a name of its own, for example {@code
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
        : new Dataset(name + "-" + examples, train.first(examples), test, sha256);
  }
}
