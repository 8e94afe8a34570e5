package io.rankfall.compress;

/** No choice of ranks meets the budget. */
public final class BudgetException extends Exception {
  private static final long serialVersionUID = 1;
  private final long best;

  BudgetException(long wanted, long best, long dense) {
    super(
        "parameter budget: expected at most %,d parameters, found at best %,d of %,d (%.3f)"
            .formatted(wanted, best, dense, best / (double) dense));
    this.best = best;
  }

  /** The fewest parameters that the model can have: every layer at its smallest. */
  public long best() {
    return best;
  }
}
