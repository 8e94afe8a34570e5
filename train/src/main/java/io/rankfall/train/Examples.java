package io.rankfall.train;

import java.util.Arrays;
import java.util.Objects;

/**
 * Labelled examples: {@code size()} rows of {@code features()} numbers, each with a class from 0 to
 * {@code classes()}−1.
 */
public final class Examples {
  private final int features;
  private final int classes;
  private final float[] inputs;
  private final byte[] labels;

  private Examples(int features, int classes, float[] inputs, byte[] labels) {
    this.features = features;
    this.classes = classes;
    this.inputs = inputs;
    this.labels = labels;
  }

  /**
   * Takes over the given arrays, which must not change afterwards.
   *
   * @param inputs one example after another
   * @param labels one an example, at most 128 classes
   * @throws IllegalArgumentException if the counts disagree, a label is out of range, or there is
   *     no example
   */
  public static Examples of(int features, int classes, float[] inputs, byte[] labels) {
    if (features < 1 || labels.length == 0 || inputs.length != (long) features * labels.length) {
      throw new IllegalArgumentException(
          "examples: expected %d x %d numbers for %d labels, found %d"
              .formatted(labels.length, features, labels.length, inputs.length));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new IllegalArgumentException(
            "label of example %d: expected 0 to %d, found %d".formatted(i, classes - 1, labels[i]));
      }
    }
    return new Examples(features, classes, inputs, labels);
  }

  public int size() {
    return labels.length;
  }

  public int features() {
    return features;
  }

  public int classes() {
    return classes;
  }

  public int label(int example) {
    return labels[example];
  }

  /** Copies the inputs of one example to {@code target} from {@code offset} on. */
  public void copyInputs(int example, float[] target, int offset) {
    System.arraycopy(inputs, example * features, target, offset, features);
  }

  /** Copies the inputs of one example to a row of {@code target}. */
  void copyInputs(int example, NativeMatrix target, int row) {
    target.put(row, inputs, example * features);
  }

  /** The first {@code count} examples. */
  public Examples first(int count) {
    Objects.checkFromToIndex(1, count, size() + 1);
    return new Examples(
        features, classes, Arrays.copyOf(inputs, count * features), Arrays.copyOf(labels, count));
  }

  /** The last {@code count} examples. */
  public Examples last(int count) {
    Objects.checkFromToIndex(1, count, size() + 1);
    int from = size() - count;
    return new Examples(
        features, classes, inputs(from, count), Arrays.copyOfRange(labels, from, size()));
  }

  /** The inputs of {@code count} examples from {@code from} on, row by row, as a new array. */
  public float[] inputs(int from, int count) {
    Objects.checkFromIndexSize(from, count, size());
    return Arrays.copyOfRange(inputs, from * features, (from + count) * features);
  }
}
