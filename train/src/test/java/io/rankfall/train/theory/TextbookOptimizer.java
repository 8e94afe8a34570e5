package io.rankfall.train.theory;

/** One weight under the textbook steps of {@link StepRecursion.Form}, in double precision. */
final class TextbookOptimizer {
  private final StepRecursion rule;
  double w;
  double v;

  TextbookOptimizer(StepRecursion rule, double w, double v) {
    this.rule = rule;
    this.w = w;
    this.v = v;
  }

  void step(double rate, double gradient) {
    double wd = rule.weightDecay();
    double m = rule.momentum();
    switch (rule.form()) {
      case HEAVY_BALL -> {
        v = m * v + gradient + wd * w;
        w -= rate * v;
      }
      case NESTEROV -> {
        double g = gradient + wd * w;
        v = m * v + g;
        w -= rate * (g + m * v);
      }
      case DECOUPLED -> {
        v = m * v + gradient;
        w = (1 - rate * wd) * w - rate * v;
      }
    }
  }
}
