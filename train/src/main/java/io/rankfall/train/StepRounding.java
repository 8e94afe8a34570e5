package io.rankfall.train;

/**
 * Bounds of what single precision adds to one SGD step of a learner, in the Frobenius norm: to the
 * weights, and with momentum to the velocity v.
 *
 * <p>Both learners compute a step's entry as a sum of a few products whatever the order, so each
 * term carries at most as many factors (1 + δ), |δ| ≤ u = 2⁻²⁴, as there are operations (Higham,
 * Accuracy and Stability of Numerical Algorithms, lemma 3.1: γ_k = k·u/(1 − k·u)). Counted are the
 * rows of the batch, the products, the rounded scalars, and the scale that is multiplied into the
 * weights now and then:
 *
 * <pre>
 *   without momentum  weights ≤ γ_{b+8}·((1 − μ·wd)·‖W‖ + μ·S) + underflow
 *   with momentum m   weights ≤ γ_8·(‖W‖ + μ·‖U‖) + underflow
 *                     velocity ≤ γ_{b+8}·(q·(1 + m)·‖U‖ + q·S + mix·‖W‖) + κ·weights + underflow
 * </pre>
 *
 * where U = v − κ·W, q and mix are those of {@link HeavyBall}, S = Σ‖δ_i‖·‖x_i‖ over the rows of
 * the batch bounds the sizes of the gradient's terms, and underflow is b + 8 times the smallest
 * normal number an entry.
 *
 * @param weights in the units of W
 * @param velocity in the units of v; 0 without momentum
 */
public record StepRounding(double weights, double velocity) {
  private static final double UNIT = 0x1p-24;
  private static final int SCALARS = 8;

  /**
   * Of one step.
   *
   * @param rows b
   * @param entries of W
   * @param norm at least ‖W‖ before the step
   * @param velocity at least ‖v‖ after the step
   * @param terms S, or ‖G‖ where the gradient is taken as the matrix that PyTorch rounded it to
   */
  public static StepRounding of(
      Optimizer optimizer,
      double rate,
      int rows,
      long entries,
      double norm,
      double velocity,
      double terms) {
    double underflow = (rows + SCALARS) * Math.sqrt((double) entries) * Float.MIN_NORMAL;
    double decayed = (1 - rate * optimizer.weightDecay()) * norm;
    if (optimizer.momentum() == 0) {
      return new StepRounding(gamma(rows + SCALARS) * (decayed + rate * terms) + underflow, 0);
    }
    HeavyBall ball = HeavyBall.of(rate, optimizer.weightDecay(), optimizer.momentum());
    double u = velocity + ball.kappa() * norm;
    double weights = gamma(SCALARS) * (norm + rate * u) + underflow;
    double size = ball.q() * (1 + optimizer.momentum()) * u + ball.q() * terms + ball.mix() * norm;
    return new StepRounding(
        weights, gamma(rows + SCALARS) * size + ball.kappa() * weights + underflow);
  }

  /**
   * At least ‖v‖ behind a step with momentum, from copies of the weights around it: μ·v = W_{t−1} −
   * W_t but for the roundings of that step and of the copies,
   *
   * <pre>
   *   ‖v‖ ≤ (‖W_{t−1} − W_t‖ + u·(‖W_{t−1}‖ + ‖W_t‖) + γ_8·(1 + μ·κ)·‖W_{t−1}‖ + underflow)
   *         / (μ·(1 − γ_8))
   * </pre>
   *
   * @param entries of W
   * @param before at least ‖W_{t−1}‖
   * @param after at least ‖W_t‖
   * @param distance ‖W_{t−1} − W_t‖ of the copies
   */
  public static double velocity(
      Optimizer optimizer,
      double rate,
      long entries,
      double before,
      double after,
      double distance) {
    HeavyBall ball = HeavyBall.of(rate, optimizer.weightDecay(), optimizer.momentum());
    double underflow = SCALARS * Math.sqrt((double) entries) * Float.MIN_NORMAL;
    double gamma = gamma(SCALARS);
    double moved =
        distance + UNIT * (before + after) + gamma * (1 + rate * ball.kappa()) * before + underflow;
    return moved / (rate * (1 - gamma));
  }

  /** What rounding a matrix of this norm once adds. */
  public static double ofCopy(double norm) {
    return UNIT * norm;
  }

  private static double gamma(int operations) {
    double ku = operations * UNIT;
    return ku / (1 - ku);
  }
}
