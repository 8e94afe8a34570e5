package io.rankfall.train.theory;

/**
 * The numbers (p_n, q_n) of {@link MemoryWindow}, walked back from step T one step at a time: what
 * is left of W_{T−n} and W_{T−n−1} in W_T.
 */
final class Fading {
  private final StepRecursion recursion;
  private final LearningRates rates;
  private final long end;
  private long steps;
  private double p = 1;
  private double q;

  /** What the step just walked over takes of the gradient before its own, times its share. */
  private double carried;

  /**
   * @param end T
   */
  Fading(StepRecursion recursion, LearningRates rates, long end) {
    this.recursion = recursion;
    this.rates = rates;
    this.end = end;
  }

  /** n. */
  long steps() {
    return steps;
  }

  /** p_n, the factor of W_{T−n}. */
  double last() {
    return p;
  }

  /** q_n, the factor of W_{T−n−1}. */
  double lastButOne() {
    return q;
  }

  /**
   * The weight of the gradient of step T−n in W_T = p·W + q·W − Σ weight·G: p_n·μ, and with
   * Nesterov's momentum p_n·(1 + m)·μ_{T−n} − p_{n−1}·m·μ_{T−n+1}.
   */
  double gradient() {
    return p * recursion.gradient(rates.at(end - steps)) + carried;
  }

  /**
   * What the n steps before take of the gradient of step T−n, which is none of theirs: 0, but
   * −p_{n−1}·m·μ with Nesterov's momentum.
   */
  double gradientBefore() {
    return carried;
  }

  /** |p_n| + |q_n|. */
  double share() {
    return Math.abs(p) + Math.abs(q);
  }

  /** Back to n, if not there yet. */
  void backTo(long n) {
    while (steps < n) {
      back();
    }
  }

  /** One step further back. */
  void back() {
    long step = end - steps;
    double rate = rates.at(step);
    double before = rates.at(step - 1);
    carried = p * recursion.previousGradient(rate);
    double next = p * recursion.current(rate, before) + q;
    q = p * recursion.previous(rate, before);
    p = next;
    steps++;
  }

  /**
   * Whether, with this rate all the way back, the share only falls once it does: the roots λ₁ &gt;
   * λ₂ are real and p_{n+k} = α·λ₁^k + β·λ₂^k stays positive. A sum of two such powers has one
   * turning point at most.
   */
  boolean isMonotone(double rate) {
    Roots roots = roots(rate);
    return roots.real() && p > 0 && roots.large() * p + q > 0;
  }

  /**
   * How many steps at this rate further back the share is at most {@code target}, above which it is
   * now.
   */
  long stepsUntil(double rate, double target) {
    Roots roots = roots(rate);
    long enough = 1;
    while (share(roots, enough) > target) {
      enough *= 2;
      if (enough > 1L << 50) {
        return Long.MAX_VALUE / 2;
      }
    }
    long tooFew = enough / 2;
    while (enough - tooFew > 1) {
      long middle = tooFew + (enough - tooFew) / 2;
      if (share(roots, middle) > target) {
        tooFew = middle;
      } else {
        enough = middle;
      }
    }
    return enough;
  }

  /**
   * So many steps further back at once, at least 1, all of them and the one before at this rate:
   * what {@link #back()} does one by one, but for rounding. Asks for what {@link #isMonotone} asks.
   */
  void back(double rate, long count) {
    Roots roots = roots(rate);
    double next = at(roots, count);
    q = recursion.previous(rate, rate) * at(roots, count - 1);
    p = next;
    steps += count;
  }

  /** |p| + |q| after k ≥ 1 more steps. */
  private double share(Roots roots, long k) {
    return Math.abs(at(roots, k)) + Math.abs(roots.large * roots.small * at(roots, k - 1));
  }

  private double at(Roots roots, long k) {
    double gap = roots.large - roots.small;
    double alpha = (roots.large * p + q) / gap;
    double beta = -(roots.small * p + q) / gap;
    return alpha * Math.pow(roots.large, (double) k) + beta * Math.pow(roots.small, (double) k);
  }

  /** Of λ² − c·λ − d at one rate. */
  private record Roots(double large, double small, boolean real) {}

  private Roots roots(double rate) {
    double c = recursion.current(rate, rate);
    double d = recursion.previous(rate, rate);
    double discriminant = c * c + 4 * d;
    if (discriminant <= 0) {
      return new Roots(0, 0, false);
    }
    double large = (c + Math.sqrt(discriminant)) / 2;
    // The product of the roots is −d.
    return new Roots(large, -d / large, c > 0);
  }
}
