package io.rankfall.train;

/** Softmax and cross-entropy of one row of logits, in double precision. */
final class Softmax {
  private Softmax() {}

  /**
   * −ln p[label] in nats, p being the softmax of the {@code classes} logits from {@code offset} on.
   */
  static double crossEntropy(float[] logits, int offset, int classes, int label) {
    return logSum(logits, offset, classes) - logits[offset + label];
  }

  /**
   * Overwrites logits by (p − onehot(label))·scale, the gradient of the scaled cross-entropy;
   * returns −ln p[label].
   */
  static double gradient(float[] logits, int offset, int classes, int label, double scale) {
    double max = max(logits, offset, classes);
    double labelled = logits[offset + label] - max;
    double[] exponentials = new double[classes];
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      double e = Math.exp(logits[offset + c] - max);
      exponentials[c] = e;
      sum += e;
    }
    for (int c = 0; c < classes; c++) {
      double p = exponentials[c] / sum;
      logits[offset + c] = (float) ((c == label ? p - 1 : p) * scale);
    }
    return Math.log(sum) - labelled;
  }

  /** ln softmax(logits/temperature). */
  static double[] logarithms(float[] logits, int offset, int classes, double temperature) {
    double max = max(logits, offset, classes);
    double[] result = new double[classes];
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      result[c] = (logits[offset + c] - max) / temperature;
      sum += Math.exp(result[c]);
    }
    double log = Math.log(sum);
    for (int c = 0; c < classes; c++) {
      result[c] -= log;
    }
    return result;
  }

  /** The index of the largest logit, the first of equals. NaN never wins. */
  static int argmax(float[] logits, int offset, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++) {
      float rival = logits[offset + c];
      float winner = logits[offset + best];
      if (rival > winner || (Float.isNaN(winner) && !Float.isNaN(rival))) {
        best = c;
      }
    }
    return best;
  }

  private static double logSum(float[] logits, int offset, int classes) {
    double max = max(logits, offset, classes);
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(logits[offset + c] - max);
    }
    return max + Math.log(sum);
  }

  private static double max(float[] logits, int offset, int classes) {
    double max = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      max = Math.max(max, logits[offset + c]);
    }
    return max;
  }
}
