package io.rankfall.train;

import java.util.ArrayList;
import java.util.List;

/**
 * What becomes of the unsigned bytes of images, channel by channel: v ↦ (v/255 − mean) / deviation,
 * in double precision and then rounded.
 *
 * @param mean of each channel's values v/255
 * @param deviation of each channel's values v/255, above 0
 */
public record Standardization(List<Double> mean, List<Double> deviation) {
  private static final int VALUES = 256;
  private static final int WHITE = VALUES - 1;

  public Standardization {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.isEmpty() || mean.size() != deviation.size()) {
      throw new IllegalArgumentException(
          "standardisation: expected a deviation for each mean, found %d for %d"
              .formatted(deviation.size(), mean.size()));
    }
    for (int c = 0; c < mean.size(); c++) {
      double d = deviation.get(c);
      if (!Double.isFinite(mean.get(c)) || !(d > 0) || d == Double.POSITIVE_INFINITY) {
        throw new IllegalArgumentException(
            "standardisation of channel %d: expected a finite mean and a deviation above 0, found %s and %s"
                .formatted(c, mean.get(c), d));
      }
    }
  }

  /**
   * By mean and standard deviation of all pixels of each channel. A channel of one value only has
   * the deviation 1: it becomes 0.
   *
   * @param pixels one image of the shape after another
   */
  public static Standardization of(InputShape shape, byte[] pixels) {
    List<Double> means = new ArrayList<>();
    List<Double> deviations = new ArrayList<>();
    for (int c = 0; c < shape.channels(); c++) {
      long[] counts = counts(shape, pixels, c);
      int different = 0;
      long count = 0;
      long sum = 0;
      long squares = 0;
      for (int v = 0; v < VALUES; v++) {
        different += counts[v] == 0 ? 0 : 1;
        count += counts[v];
        sum += counts[v] * v;
        squares += counts[v] * v * v;
      }
      double mean = (double) sum / count / WHITE;
      double square = (double) squares / count / (WHITE * WHITE);
      means.add(mean);
      deviations.add(different == 1 ? 1 : Math.sqrt(square - mean * mean));
    }
    return new Standardization(means, deviations);
  }

  /** How often a channel has each value. */
  private static long[] counts(InputShape shape, byte[] pixels, int channel) {
    int plane = shape.height() * shape.width();
    long[] counts = new long[VALUES];
    for (int start = channel * plane; start < pixels.length; start += shape.size()) {
      for (int i = start; i < start + plane; i++) {
        counts[pixels[i] & 0xff]++;
      }
    }
    return counts;
  }

  /** What each value of a channel becomes. */
  float[] table(int channel) {
    float[] table = new float[VALUES];
    for (int v = 0; v < VALUES; v++) {
      table[v] = (float) ((v / (double) WHITE - mean.get(channel)) / deviation.get(channel));
    }
    return table;
  }
}
