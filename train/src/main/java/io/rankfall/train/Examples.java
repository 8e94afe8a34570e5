package io.rankfall.train;

import java.util.Objects;

/**
 * Labelled examples: {@code size()} times {@code features()} numbers of one {@link InputShape},
 * each with a class, or with one for each of its positions.
 */
public final class Examples {
  private final InputShape shape;
  private final Inputs inputs;
  private final Labels labels;

  private Examples(InputShape shape, Inputs inputs, Labels labels) {
    this.shape = shape;
    this.inputs = inputs;
    this.labels = labels;
  }

  /**
   * Examples without neighbourhood among their numbers. Takes over the inputs, which must not
   * change afterwards.
   *
   * @param inputs one example after another
   * @param labels one an example
   * @throws IllegalArgumentException if the counts disagree, a label is out of range, or there is
   *     no example
   */
  public static Examples of(int features, int classes, float[] inputs, byte[] labels) {
    requireCount(features, labels.length, inputs.length);
    int[] numbers = new int[labels.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = labels[i];
    }
    return of(InputShape.flat(features), inputs, Labels.of(classes, numbers));
  }

  /**
   * Examples kept as they are given. Takes over the inputs, which must not change afterwards.
   *
   * @param inputs one example of the shape after another
   * @throws IllegalArgumentException if the counts disagree
   */
  public static Examples of(InputShape shape, float[] inputs, Labels labels) {
    requireCount(shape.size(), labels.size(), inputs.length);
    float[] black = new float[shape.channels()];
    return new Examples(shape, new FloatInputs(shape.size(), inputs, black), labels);
  }

  /**
   * Images kept as bytes, which become numbers when they are copied. Takes over the pixels, which
   * must not change afterwards.
   *
   * @param pixels one image of the shape after another, each channel by channel
   * @throws IllegalArgumentException if the counts disagree
   */
  public static Examples ofPixels(
      InputShape shape, byte[] pixels, Standardization standardization, Labels labels) {
    requireCount(shape.size(), labels.size(), pixels.length);
    if (standardization.mean().size() != shape.channels()) {
      throw new IllegalArgumentException(
          "standardisation: expected %d channels, found %d"
              .formatted(shape.channels(), standardization.mean().size()));
    }
    return new Examples(shape, new PixelInputs(shape, pixels, standardization), labels);
  }

  private static void requireCount(int features, int labels, int inputs) {
    if (features < 1 || labels == 0 || inputs != (long) features * labels) {
      throw new IllegalArgumentException(
          "examples: expected %d x %d numbers for %d labels, found %d"
              .formatted(labels, features, labels, inputs));
    }
  }

  public int size() {
    return labels.size();
  }

  /** How the numbers of an example lie. */
  public InputShape shape() {
    return shape;
  }

  /** How many numbers an example has. */
  public int features() {
    return shape.size();
  }

  public int classes() {
    return labels.classes();
  }

  /** How many labels an example has: 1, or one for each position of a sequence. */
  public int targets() {
    return labels.targets();
  }

  /**
   * The label of an example that has one.
   *
   * @throws IllegalStateException if examples have several
   */
  public int label(int example) {
    if (labels.targets() != 1) {
      throw new IllegalStateException(
          "examples: expected one label each, found " + labels.targets());
    }
    return labels.get(example, 0);
  }

  /** The label of one position of an example. */
  public int label(int example, int position) {
    return labels.get(example, position);
  }

  /** All labels, those of an example's positions one after another. */
  public int[] labels() {
    int[] all = new int[Math.multiplyExact(size(), targets())];
    for (int i = 0; i < all.length; i++) {
      all[i] = labels.get(i / targets(), i % targets());
    }
    return all;
  }

  /** Copies the inputs of one example to {@code target} from {@code offset} on. */
  public void copyInputs(int example, float[] target, int offset) {
    inputs.copy(example, target, offset);
  }

  /** Copies the inputs of one example to a row of {@code target}. */
  void copyInputs(int example, NativeMatrix target, int row) {
    inputs.copy(example, target, row);
  }

  /** The first {@code count} examples. */
  public Examples first(int count) {
    Objects.checkFromToIndex(1, count, size() + 1);
    return new Examples(shape, inputs.first(count), labels.first(count));
  }

  /**
   * A view of these images as one epoch trains on them, each changed when it is copied: always the
   * same way by seed, epoch and its number.
   *
   * @throws IllegalArgumentException in one line, if these are no images, or too small ones
   */
  public Examples augmented(Augmentation how, long seed, int epoch) {
    how.requireFit(shape);
    return how.equals(Augmentation.NONE)
        ? this
        : new Examples(shape, new AugmentedInputs(inputs, shape, how, seed, epoch), labels);
  }

  /**
   * About how long copying an example takes beyond moving its numbers: 2 ns a number for a moved
   * image, 10 for a turned one.
   */
  long nanosOfCopy() {
    return inputs instanceof AugmentedInputs augmented
        ? (long) features() * (augmented.turns() ? 10 : 2)
        : 0;
  }

  /**
   * Examples of this order, copied.
   *
   * @param buffer taken over for the inputs, at least as long as they
   */
  Batch assembled(int[] order, int from, int size, float[] buffer) {
    int[] chosen = new int[size * targets()];
    for (int i = 0; i < size; i++) {
      inputs.copy(order[from + i], buffer, i * features());
      for (int t = 0; t < targets(); t++) {
        chosen[i * targets() + t] = labels.get(order[from + i], t);
      }
    }
    Examples copied =
        new Examples(
            shape,
            new FloatInputs(features(), buffer, new float[shape.channels()]),
            Labels.sequences(classes(), targets(), chosen));
    return Batch.range(copied, 0, size);
  }

  /**
   * These with all numbers made ahead: copied in half the time, in four times the memory of images
   * that are kept as bytes.
   */
  public Examples unpacked() {
    return new Examples(shape, floats(0, size()), labels);
  }

  private Inputs floats(int from, int count) {
    float[] black = new float[shape.channels()];
    for (int c = 0; c < black.length; c++) {
      black[c] = inputs.black(c);
    }
    return new FloatInputs(features(), inputs(from, count), black);
  }

  /** The last {@code count} examples, unpacked. */
  public Examples last(int count) {
    Objects.checkFromToIndex(1, count, size() + 1);
    int from = size() - count;
    return new Examples(shape, floats(from, count), labels.last(count));
  }

  /** The inputs of {@code count} examples from {@code from} on, row by row, as a new array. */
  public float[] inputs(int from, int count) {
    Objects.checkFromIndexSize(from, count, size());
    float[] numbers = new float[Math.multiplyExact(count, features())];
    for (int i = 0; i < count; i++) {
      inputs.copy(from + i, numbers, i * features());
    }
    return numbers;
  }
}
