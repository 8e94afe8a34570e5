package io.rankfall.train;

import java.util.List;

/**
 * How the numbers of an example lie: channel by channel, each row by row, as PyTorch's images.
 *
 * @param channels 1 for grey images, 3 for coloured ones
 */
public record InputShape(int channels, int height, int width) {
  public InputShape {
    if (channels < 1 || height < 1 || width < 1 || (long) channels * height * width > 1 << 28) {
      throw new IllegalArgumentException(
          "input shape: expected channels, height and width from 1 on and at most 2^28 numbers, found %dx%dx%d"
              .formatted(channels, height, width));
    }
  }

  /** {@code numbers} in a row, without neighbours. */
  public static InputShape flat(int numbers) {
    return new InputShape(1, 1, numbers);
  }

  /** As layers see it: a row of numbers has no channels and no height. */
  public List<Integer> dimensions() {
    return channels == 1 && height == 1 ? List.of(width) : List.of(channels, height, width);
  }

  /** How many numbers an example has. */
  public int size() {
    return channels * height * width;
  }

  /** For example {@code 3x32x32}. */
  @Override
  public String toString() {
    return channels + "x" + height + "x" + width;
  }
}
