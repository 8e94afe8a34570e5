package io.rankfall.train;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The examples of one step: a slice of an epoch's order. */
public final class Batch {
  private final Examples examples;
  private final int[] order;
  private final int from;
  private final int size;
  private @Nullable Distillation distillation;
  private float[] taught = {};

  Batch(Examples examples, int[] order, int from, int size) {
    Objects.checkFromIndexSize(from, size, order.length);
    this.examples = examples;
    this.order = order;
    this.from = from;
    this.size = size;
  }

  /** The examples of the given indices, in that order. */
  public static Batch of(Examples examples, int... indices) {
    return new Batch(examples, indices.clone(), 0, indices.length);
  }

  /** {@code size} examples in their own order, from {@code from} on. */
  public static Batch range(Examples examples, int from, int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = from + i;
    }
    return new Batch(examples, order, 0, size);
  }

  public int size() {
    return size;
  }

  public int features() {
    return examples.features();
  }

  public int classes() {
    return examples.classes();
  }

  /** How many labels an example has. */
  public int targets() {
    return examples.targets();
  }

  /** The label of an example that has one. */
  public int label(int i) {
    return examples.label(order[from + i]);
  }

  /** How many labels the batch has, and rows of logits: examples times {@link #targets}. */
  public int rows() {
    return Math.multiplyExact(size, targets());
  }

  /**
   * The label of a row of logits: those of an example's positions follow each other.
   *
   * @param row from 0 to {@link #rows}−1
   */
  public int labelOfRow(int row) {
    return examples.label(order[from + row / targets()], row % targets());
  }

  /** Has learners follow these logits, row by row, in {@link #gradient}. */
  void teach(Distillation how, float[] logits) {
    distillation = how;
    taught = logits;
  }

  /**
   * Overwrites the logits of a row by the gradient by them of its loss times {@code scale}; returns
   * the loss.
   */
  double gradient(Loss loss, int row, float[] logits, int offset, double scale) {
    int classes = classes();
    int label = labelOfRow(row);
    return distillation == null
        ? loss.gradient(logits, offset, classes, label, scale)
        : distillation.gradient(logits, offset, classes, label, taught, row * classes, scale);
  }

  /** Copies each example to a row of {@code target}, from the first row on. */
  void copyInputs(NativeMatrix target) {
    for (int i = 0; i < size; i++) {
      examples.copyInputs(order[from + i], target, i);
    }
  }

  /** Copies all inputs to {@code target}, one example after another. */
  public void copyInputs(float[] target) {
    int features = examples.features();
    for (int i = 0; i < size; i++) {
      examples.copyInputs(order[from + i], target, i * features);
    }
  }
}
