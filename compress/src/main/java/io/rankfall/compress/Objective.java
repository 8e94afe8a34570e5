package io.rankfall.compress;

/** What a truncation keeps as well as its rank allows. */
public sealed interface Objective {

  /** ‖W − W_r‖_F: needs nothing but the weights. */
  record Plain() implements Objective {}

  /**
   * E‖(W − W_r)x‖² on inputs x that the layer really sees; biases take (W − W_r)·E[x], so that the
   * mean of each output stays exact.
   */
  record DataAware(Calibration calibration) implements Objective {}
}
