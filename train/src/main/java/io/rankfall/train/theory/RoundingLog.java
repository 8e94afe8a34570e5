package io.rankfall.train.theory;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepRounding;

/**
 * What single precision can have added to one layer in each of its last steps, and how much of it
 * is left in W_T. An error e of the weights and f of the velocity behind step s reaches W_T as |p_j
 * + q_j|·e + |q_j|·μ_s·f with j = T − s, since W_{s−1} = W_s + μ_s·v_s.
 */
final class RoundingLog {
  /** Norms are sums in double precision. */
  private static final double NORM_ERROR = 1 + 1e-9;

  private final Optimizer optimizer;
  private final long entries;
  private final double[] weights;
  private final double[] velocities;

  /** At least ‖W‖ behind the last step; NaN where it is not known. */
  private double norm = Double.NaN;

  /** At least ‖v‖ behind the last step; 0 before the first, NaN where it is not known. */
  private double velocity;

  /**
   * Of a layer.
   *
   * @param entries of W
   * @param steps how many back it will be asked
   */
  RoundingLog(Optimizer optimizer, long entries, long steps) {
    this.optimizer = optimizer;
    this.entries = entries;
    int count = Math.toIntExact(steps + 1);
    this.weights = new double[count];
    this.velocities = new double[count];
  }

  /** ‖W‖ was measured behind the last step. */
  void measured(double measuredNorm) {
    norm = measuredNorm * NORM_ERROR;
  }

  /** W was copied around the last step: with momentum, how fast it goes. */
  void copied(double rate, Matrix before, Matrix after) {
    velocity =
        NORM_ERROR
            * StepRounding.velocity(
                optimizer,
                rate,
                entries,
                before.frobeniusNorm(),
                after.frobeniusNorm(),
                before.minus(after).frobeniusNorm());
  }

  /** A step that nobody will ask for: nothing is known until it is measured again. */
  void skip() {
    norm = Double.NaN;
    velocity = Double.NaN;
  }

  /**
   * A step.
   *
   * @param rows b
   * @param terms S = Σ‖δ‖·‖x‖, which bounds ‖G‖
   */
  void add(long step, double rate, int rows, double terms) {
    double decay = optimizer.weightDecay();
    velocity =
        optimizer.momentum() == 0 ? 0 : optimizer.momentum() * velocity + terms + decay * norm;
    StepRounding rounding = StepRounding.of(optimizer, rate, rows, entries, norm, velocity, terms);
    int at = (int) (step % weights.length);
    weights[at] = rounding.weights();
    velocities[at] = rounding.velocity();
    velocity += rounding.velocity();
    double moved =
        optimizer.momentum() == 0
            ? (1 - rate * decay) * norm + rate * terms
            : norm + rate * velocity;
    norm = (moved + rounding.weights()) * NORM_ERROR;
  }

  /** What is left at T of the roundings of its last {@code steps} steps. */
  double left(StepRecursion recursion, LearningRates rates, long end, long steps) {
    Fading fading = new Fading(recursion, rates, end);
    double sum = 0;
    for (long j = 0; j < steps; j++) {
      long step = end - j;
      int at = (int) (step % weights.length);
      double p = fading.last();
      double q = fading.lastButOne();
      sum += Math.abs(p + q) * weights[at] + Math.abs(q) * rates.at(step) * velocities[at];
      fading.back();
    }
    return sum;
  }

  /** What the given step can have added to the weights. */
  double ofStep(long step) {
    return weights[(int) (step % weights.length)];
  }
}
