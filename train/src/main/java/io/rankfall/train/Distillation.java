package io.rankfall.train;

/**
 * How far a training follows a teacher instead of labels (Hinton, Vinyals and Dean,
 * arXiv:1503.02531). An example's loss becomes
 *
 * <pre>(1 − share)·CE(z, label) + share·T²·CE(z/T, softmax(t/T))</pre>
 *
 * <p>with z the logits, t the teacher's, CE the cross-entropy in nats and T the temperature. T²
 * keeps the gradients of the second part as large as those of the first.
 *
 * @param share from 0, labels only, to 1
 * @param temperature T > 0
 */
public record Distillation(double share, double temperature) {
  public Distillation {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "distillation: expected a share from 0 to 1, found " + share);
    }
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "distillation: expected a temperature > 0, found " + temperature);
    }
  }

  /**
   * Overwrites the logits of one example by the gradient by them of its loss times {@code scale};
   * returns the loss.
   *
   * @param taught the teacher's logits, {@code classes} of them from {@code from} on
   */
  double gradient(
      float[] logits, int offset, int classes, int label, float[] taught, int from, double scale) {
    double[] student = Softmax.logarithms(logits, offset, classes, temperature);
    double[] teacher = Softmax.logarithms(taught, from, classes, temperature);
    double[] soft = new double[classes];
    double followed = 0;
    for (int c = 0; c < classes; c++) {
      double p = Math.exp(teacher[c]);
      soft[c] = temperature * (Math.exp(student[c]) - p);
      followed -= p * student[c];
    }
    double labelled = Softmax.gradient(logits, offset, classes, label, 1);
    for (int c = 0; c < classes; c++) {
      logits[offset + c] = (float) (scale * ((1 - share) * logits[offset + c] + share * soft[c]));
    }
    return (1 - share) * labelled + share * temperature * temperature * followed;
  }
}
