package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Standardization;

/**
 * Images to train on and to be tested on.
 *
 * @param classes told apart
 * @param standardization by the training images, as they were published
 * @param sha256 of all that the numbers depend on
 */
record ImageSplit(
    ImageSet train, ImageSet test, int classes, Standardization standardization, String sha256) {

  /** Up to so many numbers, 256 MiB of floats, images are unpacked: copies take half the time. */
  static final long UNPACKED_NUMBERS = 1 << 26;

  static ImageSplit of(ImageSet train, ImageSet test, int classes) {
    Hash hash = new Hash();
    train.addTo(hash);
    test.addTo(hash);
    return of(train, test, classes, hash.hex());
  }

  static ImageSplit of(ImageSet train, ImageSet test, int classes, String sha256) {
    return new ImageSplit(train, test, classes, train.standardization(), sha256);
  }

  /** The same images in the centre of black squares: the numbers they had stay what they were. */
  ImageSplit padded(int side) throws DataFormatException {
    return new ImageSplit(train.padded(side), test.padded(side), classes, standardization, sha256);
  }

  /**
   * @throws DataFormatException in one line, if a label is out of range or the test images are of
   *     another shape
   */
  Dataset dataset(String name) throws DataFormatException {
    if (!train.shape().equals(test.shape())) {
      throw new DataFormatException(
          "%s: expected test images of %s, as the training ones, found %s"
              .formatted(name, train.shape(), test.shape()));
    }
    Examples training = train.examples(standardization, classes);
    Examples testing = test.examples(standardization, classes);
    long numbers = (long) (training.size() + testing.size()) * training.features();
    return numbers > UNPACKED_NUMBERS
        ? new Dataset(name, training, testing, sha256)
        : new Dataset(name, training.unpacked(), testing.unpacked(), sha256);
  }
}
