package io.rankfall.train;

/** What is minimised: the mean over the examples of a batch. */
public enum Loss {
  /** −ln softmax(logits)[label] in nats, as PyTorch's {@code CrossEntropyLoss}. */
  CROSS_ENTROPY {
    @Override
    double of(float[] logits, int offset, int classes, int label) {
      return Softmax.crossEntropy(logits, offset, classes, label);
    }

    @Override
    double gradient(float[] logits, int offset, int classes, int label, double scale) {
      return Softmax.gradient(logits, offset, classes, label, scale);
    }
  },
  /**
   * The mean over the classes of (logit − onehot(label))², as PyTorch's {@code MSELoss} on one-hot
   * targets: the mean over all numbers of the batch.
   */
  MSE {
    @Override
    double of(float[] logits, int offset, int classes, int label) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        double d = logits[offset + c] - (c == label ? 1.0 : 0.0);
        sum += d * d;
      }
      return sum / classes;
    }

    @Override
    double gradient(float[] logits, int offset, int classes, int label, double scale) {
      double loss = of(logits, offset, classes, label);
      double factor = 2 * scale / classes;
      for (int c = 0; c < classes; c++) {
        double d = logits[offset + c] - (c == label ? 1.0 : 0.0);
        logits[offset + c] = (float) (factor * d);
      }
      return loss;
    }
  };

  /** Of one example, from its {@code classes} logits from {@code offset} on. */
  abstract double of(float[] logits, int offset, int classes, int label);

  /**
   * Overwrites the logits of one example by the gradient by them of the loss times {@code scale};
   * returns the loss.
   */
  abstract double gradient(float[] logits, int offset, int classes, int label, double scale);
}
