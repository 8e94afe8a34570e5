package io.rankfall.train;

/**
 * A named pair of training and test examples, as learners see them.
 *
 * @param sha256 of the raw files, in hexadecimal: what the numbers depend on
 */
public record Dataset(String name, Examples train, Examples test, String sha256) {
  public Dataset {
    if (train.features() != test.features() || train.classes() != test.classes()) {
      throw new IllegalArgumentException(
          "data set %s: expected test examples like the training ones (%d features, %d classes), found %d, %d"
              .formatted(name, train.features(), train.classes(), test.features(), test.classes()));
    }
  }
}
