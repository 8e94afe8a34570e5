package io.rankfall.compress;

/** What one layer takes of a budget, in the budget's unit. */
interface Price {
  /** The layer as it is. */
  long dense();

  /**
   * The layer decomposed.
   *
   * @param numbers in the weights that result
   */
  long of(Decomposition how, long numbers);

  /** Counts numbers in weights. */
  static Price numbers(Layer layer) {
    return new Price() {
      @Override
      public long dense() {
        return layer.weight().matrix().size();
      }

      @Override
      public long of(Decomposition how, long numbers) {
        return numbers;
      }
    };
  }
}
