package io.rankfall.train.data;

import io.rankfall.train.Dataset;
import io.rankfall.train.InputShape;

/**
 * What a data set holds.
 *
 * @param shape of an example
 * @param classes told apart
 * @param train examples to train on
 * @param test examples to be tested on
 * @param unused training examples, read all the same
 */
public record Contents(InputShape shape, int classes, int train, int test, int unused) {
  Contents(InputShape shape, int classes, int train, int test) {
    this(shape, classes, train, test, 0);
  }

  static Contents of(Dataset dataset) {
    return new Contents(
        dataset.train().shape(),
        dataset.train().classes(),
        dataset.train().size(),
        dataset.test().size());
  }

  /** Those of a part of the data set, or with borders. */
  Contents of(DatasetName name) {
    Integer side = name.pad();
    Integer examples = name.examples();
    InputShape padded = side == null ? shape : new InputShape(shape.channels(), side, side);
    if (side != null && side < Math.max(shape.height(), shape.width())) {
      throw new IllegalArgumentException(
          "padding: expected at least the %dx%d of %s, found %d"
              .formatted(shape.height(), shape.width(), name.base(), side));
    }
    if (examples != null && examples > train) {
      throw new IllegalArgumentException(
          "examples: expected 1 to the %d of %s, found %d"
              .formatted(train, name.ofAll(), examples));
    }
    int used = examples == null ? train : examples;
    return new Contents(padded, classes, used, test, train - used);
  }

  /**
   * Bytes of heap that reading the data set and keeping it takes: of each number one in the file,
   * one unpacked, and what {@link ImageSplit#dataset} keeps.
   */
  public long heapBytes() {
    long numbers = shape.size() * ((long) train + test + unused);
    return numbers * (numbers > ImageSplit.UNPACKED_NUMBERS ? 3 : 6);
  }
}
