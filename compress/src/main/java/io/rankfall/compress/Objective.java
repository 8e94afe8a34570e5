package io.rankfall.compress;

/** What a truncation keeps as well as its rank allows. */
public sealed interface Objective {

  /** ‖W − W_r‖_F, or ‖K − K̂‖_F of a kernel: needs nothing but the weights. */
  record Plain() implements Objective {}

  /**
   * E‖(W − W_r)x‖² on inputs x that the layer really sees, weighted by what errors of its outputs
   * do to the model's where the calibration knows that; biases take (W − W_r)·E[x], so that the
   * mean of each output stays exact. Of a convolution x are the patches under its kernel.
   */
  record DataAware(Calibration calibration, Order order) implements Objective {

    /** Layers in sequence. */
    public DataAware(Calibration calibration) {
      this(calibration, Order.SEQUENTIAL);
    }
  }

  /** On which inputs layers are fitted. */
  enum Order {
    /** Each on the inputs it sees in the dense network. */
    INDEPENDENT,
    /**
     * Each, where it has a bias and one use, on the inputs that the layers factored before it leave
     * it, to make the outputs of the dense network. Ranks are still chosen as for independent ones.
     * Runs the dense and the factored model on all examples once for each layer.
     */
    SEQUENTIAL;

    /**
     * In a transformer of 37 layers the sequence took two minutes instead of one second, for .940
     * instead of .930 of cosine similarity at half the parameters.
     */
    private static final int SEQUENTIAL_LAYERS = 16;

    /** In sequence in models of few layers, where it gains most and costs least. */
    public static Order of(OnnxModel model) {
      return model.layers().size() <= SEQUENTIAL_LAYERS ? SEQUENTIAL : INDEPENDENT;
    }
  }
}
