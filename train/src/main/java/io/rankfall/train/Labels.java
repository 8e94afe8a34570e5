package io.rankfall.train;

import java.util.Arrays;
import java.util.Objects;

/**
 * The classes of examples, each from 0 to {@code classes()}−1: one an example, or one for each
 * position of a sequence.
 */
public final class Labels {
  private final int classes;
  private final int targets;
  private final int[] values;

  private Labels(int classes, int targets, int[] values) {
    this.classes = classes;
    this.targets = targets;
    this.values = values;
  }

  /**
   * One label an example.
   *
   * @throws IllegalArgumentException if one is out of range, or there is none
   */
  public static Labels of(int classes, int... labels) {
    return sequences(classes, 1, labels);
  }

  /**
   * One label an example, as unsigned bytes.
   *
   * @throws IllegalArgumentException if one is out of range, or there is none
   */
  public static Labels ofBytes(int classes, byte[] labels) {
    int[] numbers = new int[labels.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = labels[i] & 0xff;
    }
    return of(classes, numbers);
  }

  /**
   * One label a position.
   *
   * @param targets positions of an example
   * @param labels of one example after another
   * @throws IllegalArgumentException if one is out of range, or they make no whole examples
   */
  public static Labels sequences(int classes, int targets, int[] labels) {
    if (targets < 1 || labels.length == 0 || labels.length % targets != 0) {
      throw new IllegalArgumentException(
          "labels: expected %d for each of one example or more, found %d"
              .formatted(targets, labels.length));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new IllegalArgumentException(
            "label of example %d: expected 0 to %d, found %d"
                .formatted(i / targets, classes - 1, labels[i]));
      }
    }
    return new Labels(classes, targets, labels.clone());
  }

  /** How many examples have labels. */
  public int size() {
    return values.length / targets;
  }

  /** How many classes are told apart. */
  public int classes() {
    return classes;
  }

  /** How many labels an example has. */
  public int targets() {
    return targets;
  }

  /** The label of one position of one example. */
  public int get(int example, int position) {
    return values[example * targets + Objects.checkIndex(position, targets)];
  }

  /** Those of the last {@code count} examples. */
  Labels last(int count) {
    return new Labels(
        classes,
        targets,
        Arrays.copyOfRange(values, values.length - count * targets, values.length));
  }

  /** Those of the first {@code count} examples. */
  Labels first(int count) {
    return new Labels(classes, targets, Arrays.copyOf(values, count * targets));
  }
}
