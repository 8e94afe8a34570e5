package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;

import io.rankfall.train.Optimizer;

/**
 * How the weights of one layer follow from the two before them and from gradients, with G_t the
 * gradient that makes W_{t+1} of W_t and μ_t its learning rate:
 *
 * <pre>
 *   W_{t+1} = c_t·W_t + d_t·W_{t−1} − (gradients, weighted)
 * </pre>
 *
 * <p>c and d are numbers, so whatever W was, it fades, and only gradients are added to it. Without
 * momentum c = 1 − μ·wd and d = 0.
 *
 * @param weightDecay wd of this layer, ≥ 0; a layer may have another one than its neighbours
 * @param momentum m, from 0 to below 1
 */
public record StepRecursion(Form form, double weightDecay, double momentum) {

  /** Where decay and momentum stand in a step; r = μ_t/μ_{t−1} and a_t = 1 − μ_t·wd. */
  public enum Form {
    /**
     * v ← m·v + G + wd·W, W ← W − μ·v, as PyTorch's {@code SGD} and {@link Optimizer}: c = a_t +
     * m·r, d = −m·r.
     */
    HEAVY_BALL,
    /**
     * v ← m·v + G + wd·W, W ← W − μ·(G + wd·W + m·v), PyTorch's {@code nesterov}: c = 1 + m·r −
     * (1+m)·μ_t·wd, d = −m·(r − μ_t·wd). A step also adds the gradient before.
     */
    NESTEROV,
    /** v ← m·v + G, W ← a_t·W − μ·v, decay decoupled: c = a_t + m·r, d = −m·r·a_{t−1}. */
    DECOUPLED
  }

  public StepRecursion {
    requireNonNull(form, "form");
    if (!(weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("weight decay: expected >= 0, found " + weightDecay);
    }
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("momentum: expected 0 to below 1, found " + momentum);
    }
  }

  /**
   * The recursion of what a learner does with these settings: the one place that decides which of
   * them the argument is made for. A setting that changes the step has to be put into the numbers
   * here, or refused here; so are all of Adam's kind, whose steps are no multiples of gradients.
   * What multiplies a whole gradient, as clipping by the norm, leaves the rank but needs the
   * clipped gradient to be told to the listeners. Whichever parameters decay, matrices do.
   *
   * @throws IllegalArgumentException in one line, for another method than SGD, for clipping, and if
   *     μ·wd ≥ 1 in some epoch: a step would turn the weights round
   */
  public static StepRecursion requireModelled(Optimizer optimizer, int epochs) {
    if (!isModelled(optimizer)) {
      throw new IllegalArgumentException(
          "theory: expected optimizer SGD without clipping, found %s%s: %s"
              .formatted(
                  optimizer.method(),
                  optimizer.clipNorm() == 0 ? "" : " with clip norm " + optimizer.clipNorm(),
                  whyNotModelled(optimizer)));
    }
    StepRecursion recursion = of(optimizer);
    for (int epoch = 1; epoch <= epochs; epoch++) {
      recursion.requireRate(optimizer.learningRate(epoch));
    }
    return recursion;
  }

  /** Whether {@link #requireModelled} knows the method; it may still refuse its rates. */
  public static boolean isModelled(Optimizer optimizer) {
    return optimizer.method() == Optimizer.Method.SGD && optimizer.clipNorm() == 0;
  }

  /** Why there is no bound for what {@link #requireModelled} refuses. */
  static String whyNotModelled(Optimizer optimizer) {
    return switch (optimizer.method()) {
      case ADAMW ->
          "Adam divides every entry of a gradient by its own size: an update is no sum of few"
              + " gradients, and no bound on the rank follows.";
      case MUON ->
          "Muon makes all singular values of an update alike: an update is no sum of few gradients,"
              + " and no bound on the rank follows.";
      case SGD, NESTEROV ->
          "The bound holds in other constants; checks on a training follow SGD and heavy ball"
              + " without clipping only.";
    };
  }

  static StepRecursion of(Optimizer optimizer) {
    return new StepRecursion(Form.HEAVY_BALL, optimizer.weightDecay(), optimizer.momentum());
  }

  /** c_t. */
  double current(double rate, double previousRate) {
    double r = rate / previousRate;
    return switch (form) {
      case HEAVY_BALL, DECOUPLED -> 1 - rate * weightDecay + momentum * r;
      case NESTEROV -> 1 + momentum * r - (1 + momentum) * rate * weightDecay;
    };
  }

  /** d_t. */
  double previous(double rate, double previousRate) {
    double r = rate / previousRate;
    return switch (form) {
      case HEAVY_BALL -> -momentum * r;
      case NESTEROV -> -momentum * (r - rate * weightDecay);
      case DECOUPLED -> -momentum * r * (1 - previousRate * weightDecay);
    };
  }

  /** What a step's own gradient is multiplied by: μ, with Nesterov's momentum (1 + m)·μ. */
  double gradient(double rate) {
    return form == Form.NESTEROV ? (1 + momentum) * rate : rate;
  }

  /** What the gradient of the step before is multiplied by: 0, with Nesterov's momentum −m·μ. */
  double previousGradient(double rate) {
    return form == Form.NESTEROV ? -momentum * rate : 0;
  }

  /** How many gradients n steps add up: n, or n + 1. */
  public long gradients(long steps) {
    return form == Form.NESTEROV && momentum > 0 && steps > 0 ? steps + 1 : steps;
  }

  /**
   * The spectral radius of the companion matrix [[c, d], [1, 0]] at a constant rate: the share of
   * the weights that a step keeps in the long run. The roots of λ² − c·λ − d are real for small
   * μ·wd, and of modulus √−d else.
   */
  public double spectralRadius(double rate) {
    double c = current(rate, rate);
    double d = previous(rate, rate);
    double discriminant = c * c + 4 * d;
    return discriminant < 0 ? Math.sqrt(-d) : (Math.abs(c) + Math.sqrt(discriminant)) / 2;
  }

  /**
   * The rate, if weights fade with it.
   *
   * @throws IllegalArgumentException in one line, if μ is no learning rate or μ·wd ≥ 1: a step
   *     would turn the weights round, and past 2 make them grow
   */
  double requireRate(double rate) {
    if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("learning rate: expected > 0, found " + rate);
    }
    if (!(rate * weightDecay < 1)) {
      throw new IllegalArgumentException(
          "learning rate x weight decay: expected below 1, as a step keeps the share 1 - rate*decay"
              + " of the weights, found "
              + rate * weightDecay);
    }
    return rate;
  }
}
