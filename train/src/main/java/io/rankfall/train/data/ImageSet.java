package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Examples;
import io.rankfall.train.InputShape;
import io.rankfall.train.Labels;
import io.rankfall.train.Standardization;
import java.util.Arrays;

/** Labelled images as their files have them: unsigned bytes, each image channel by channel. */
final class ImageSet {
  private final String name;
  private final InputShape shape;
  private final byte[] pixels;
  private final int[] labels;

  private ImageSet(String name, InputShape shape, byte[] pixels, int[] labels) {
    this.name = name;
    this.shape = shape;
    this.pixels = pixels;
    this.labels = labels;
  }

  /**
   * Takes over the arrays.
   *
   * @param name what messages call them
   * @throws DataFormatException in one line, if there is not one label an image, or no image
   */
  static ImageSet of(String name, InputShape shape, byte[] pixels, int[] labels)
      throws DataFormatException {
    if (labels.length == 0 || (long) shape.size() * labels.length != pixels.length) {
      throw new DataFormatException(
          "%s: expected a label for each of %d images, found %d"
              .formatted(name, pixels.length / shape.size(), labels.length));
    }
    return new ImageSet(name, shape, pixels, labels);
  }

  /** As {@link #of(String, InputShape, byte[], int[])}, with unsigned bytes as labels. */
  static ImageSet of(String name, InputShape shape, byte[] pixels, byte[] labels)
      throws DataFormatException {
    int[] numbers = new int[labels.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = labels[i] & 0xff;
    }
    return of(name, shape, pixels, numbers);
  }

  InputShape shape() {
    return shape;
  }

  int size() {
    return labels.length;
  }

  /** One more than the highest label. */
  int classes() {
    return 1 + Arrays.stream(labels).max().orElseThrow();
  }

  Standardization standardization() {
    return Standardization.of(shape, pixels);
  }

  /** Adds all that the numbers depend on. */
  void addTo(Hash hash) {
    hash.add(shape.channels(), shape.height(), shape.width()).add(pixels).add(labels);
  }

  /**
   * @throws DataFormatException in one line, if a label is out of range
   */
  Examples examples(Standardization standardization, int classes) throws DataFormatException {
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new DataFormatException(
            "%s: expected labels from 0 to %d, found %d at image %d"
                .formatted(name, classes - 1, labels[i], i));
      }
    }
    return Examples.ofPixels(shape, pixels, standardization, Labels.of(classes, labels));
  }

  /**
   * The same images in the centre of black squares; where the border cannot be even, it is wider
   * below and on the right.
   *
   * @throws DataFormatException in one line, if they are larger than that
   */
  ImageSet padded(int side) throws DataFormatException {
    InputShape to = new InputShape(shape.channels(), side, side);
    if (shape.height() > side || shape.width() > side) {
      throw new DataFormatException(
          "%s: expected images of at most %dx%d to pad to, found %dx%d"
              .formatted(name, side, side, shape.height(), shape.width()));
    }
    Limit.require(name, (long) labels.length * to.size());
    byte[] padded = new byte[labels.length * to.size()];
    int top = (side - shape.height()) / 2;
    int left = (side - shape.width()) / 2;
    for (int plane = 0; plane < labels.length * shape.channels(); plane++) {
      for (int y = 0; y < shape.height(); y++) {
        System.arraycopy(
            pixels,
            (plane * shape.height() + y) * shape.width(),
            padded,
            (plane * side + top + y) * side + left,
            shape.width());
      }
    }
    return new ImageSet(name, to, padded, labels);
  }
}
