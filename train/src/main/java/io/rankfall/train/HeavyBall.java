package io.rankfall.train;

/**
 * The steps v ← m·v + (G + wd·W), W ← W − μ·v at one learning rate μ, written so that they pass
 * over W once less: with U = v − κ·W and q = 1 + μ·κ they are
 *
 * <pre>
 *   U ← q·m·U + q·G + mix·W
 *   W ← (W − μ·U)/q
 * </pre>
 *
 * where mix = q·wd − κ·(1 − q·m). Factors of U and W are kept as scalars, and mix = 0 when κ solves
 * m·μ·κ² − (1 − m − μ·wd)·κ + wd = 0, so that U is a left eigenvector of the recursion. Where that
 * has no real solution, κ = 0.
 */
record HeavyBall(double kappa, double q, double mix) {

  static HeavyBall of(double learningRate, double weightDecay, double momentum) {
    double b = 1 - momentum - learningRate * weightDecay;
    double discriminant = b * b - 4 * momentum * learningRate * weightDecay;
    if (b <= 0 || discriminant < 0) {
      return new HeavyBall(0, 1, weightDecay);
    }
    double kappa = 2 * weightDecay / (b + Math.sqrt(discriminant));
    return new HeavyBall(kappa, 1 + learningRate * kappa, 0);
  }
}
