package io.rankfall.study;

import io.rankfall.train.RunSpec;
import java.util.List;

/**
 * Trainings that differ in batch size and weight decay alone, and how their networks are
 * compressed.
 *
 * @param base what the trainings share; its own batch size and weight decay are not used
 * @param cells the combinations, in the order of the report
 * @param budgets shares of the dense network's parameters, each above 0 and below 1, descending
 * @param calibrationExamples how many training examples data-aware truncation sees
 * @param jobs trainings at a time, one thread each
 */
public record ComparisonSpec(
    RunSpec base, List<Cell> cells, List<Double> budgets, int calibrationExamples, int jobs) {

  public ComparisonSpec {
    cells = List.copyOf(cells);
    budgets = List.copyOf(budgets);
    if (cells.isEmpty() || cells.stream().distinct().count() != cells.size()) {
      throw new IllegalArgumentException(
          "cells: expected one or more, all different, found " + cells);
    }
    if (budgets.stream().anyMatch(share -> !(share > 0 && share < 1))) {
      throw new IllegalArgumentException(
          "budgets: expected shares between 0 and 1, found " + budgets);
    }
    if (calibrationExamples < 1) {
      throw new IllegalArgumentException(
          "calibration examples: expected >= 1, found " + calibrationExamples);
    }
    if (jobs < 1) {
      throw new IllegalArgumentException("jobs: expected >= 1, found " + jobs);
    }
  }

  /** One combination of the two knobs. */
  public record Cell(int batchSize, double weightDecay) {

    /** For people, for example {@code B=16, wd=1e-3}. */
    public String label() {
      return "B=%d, wd=%s".formatted(batchSize, number(weightDecay));
    }

    /** For files, for example {@code b16-wd1e-3}. */
    public String id() {
      return "b%d-wd%s".formatted(batchSize, number(weightDecay));
    }

    private static String number(double value) {
      if (value == 0) {
        return "0";
      }
      String exponential = "%.0e".formatted(value).replace("e-0", "e-").replace("e+00", "");
      return Double.parseDouble(exponential) == value ? exponential : Double.toString(value);
    }
  }

  /** The training of one cell. */
  public RunSpec run(Cell cell) {
    return base.with(cell.batchSize(), cell.weightDecay());
  }
}
