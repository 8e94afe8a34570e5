package io.rankfall.compress;

import java.util.function.ToDoubleBiFunction;

/**
 * How well a model's first output fits what it should be: the larger the better, 1 at best.
 *
 * @param name as messages and reports call it
 * @param score of the outputs, one row for each row of labels
 */
public record Metric(String name, ToDoubleBiFunction<Rows, Rows> score) {

  /** The share of rows whose largest entry is at the label, a class counted from 0. */
  public static final Metric ACCURACY = new Metric("accuracy", (y, labels) -> hits(y, labels, 1));

  /** The share of rows whose label is among the five largest entries. */
  public static final Metric TOP_5 = new Metric("top5", (y, labels) -> hits(y, labels, 5));

  /** 1 − Σ(ŷ − y)²/Σ(y − ȳ)², ȳ being the mean of each column: the coefficient of determination. */
  public static final Metric R2 = new Metric("r2", Metric::determination);

  private static double hits(Rows outputs, Rows labels, int places) {
    int hits = 0;
    for (int i = 0; i < outputs.count(); i++) {
      int label = label(labels, i, outputs.width());
      float own = outputs.get(i, label);
      int before = 0;
      for (int j = 0; j < outputs.width(); j++) {
        float other = outputs.get(i, j);
        before += other > own || (other == own && j < label) ? 1 : 0;
      }
      hits += before < places && !Float.isNaN(own) ? 1 : 0;
    }
    return hits / (double) outputs.count();
  }

  private static int label(Rows labels, int row, int classes) {
    float label = labels.get(row, 0);
    if (labels.width() != 1 || label != (int) label || label < 0 || label >= classes) {
      throw new IllegalArgumentException(
          "label %d: expected a class from 0 to %d, found %s".formatted(row, classes - 1, label));
    }
    return (int) label;
  }

  private static double determination(Rows outputs, Rows labels) {
    if (labels.width() != outputs.width()) {
      throw new IllegalArgumentException(
          "labels: expected rows of %d numbers, found %d"
              .formatted(outputs.width(), labels.width()));
    }
    double error = 0;
    double variance = 0;
    for (int j = 0; j < outputs.width(); j++) {
      double mean = 0;
      for (int i = 0; i < labels.count(); i++) {
        mean += labels.get(i, j) / labels.count();
      }
      for (int i = 0; i < labels.count(); i++) {
        double d = (double) outputs.get(i, j) - labels.get(i, j);
        double v = labels.get(i, j) - mean;
        error += d * d;
        variance += v * v;
      }
    }
    return error == 0 ? 1 : 1 - error / variance;
  }
}
