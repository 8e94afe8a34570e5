package io.rankfall.compress;

import java.util.Locale;

/** No model that could be made meets the goal. */
public final class BudgetException extends Exception {
  private static final long serialVersionUID = 1;

  BudgetException(String message) {
    super(message);
  }

  /** A budget that is counted. */
  static BudgetException of(String unit, long wanted, long best, long dense) {
    return new BudgetException(
        String.format(
            Locale.ROOT,
            "budget: expected at most %,d %s, found at best %,d of %,d (%.3f)",
            wanted,
            unit,
            best,
            dense,
            best / (double) dense));
  }
}
