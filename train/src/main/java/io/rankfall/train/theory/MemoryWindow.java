package io.rankfall.train.theory;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many of its last steps a weight matrix remembers. Unrolled over n steps, {@link
 * StepRecursion} is
 *
 * <pre>
 *   W_T = p_n·W_{T−n} + q_n·W_{T−n−1} − (weighted sum of the gradients of the last n steps)
 *   (p_0, q_0) = (1, 0),   (p_n, q_n) = (p·c + q, p·d)   with c and d of step T−n+1
 * </pre>
 *
 * and the window is the smallest n with |p_n| + |q_n| ≤ ε/2: then, where the norms ‖W_{T−n}‖ and
 * ‖W_{T−n−1}‖ are at most 2·‖W_T‖, the sum alone is within ε·‖W_T‖ of W_T. Without momentum q = 0
 * and p_n = Π(1 − μ·wd), at a constant rate n = ⌈ln(2/ε) / −ln(1 − μ·wd)⌉ (arXiv 2206.05794,
 * theorem on weight decay and rank).
 *
 * @param epsilon ε, above 0 and below 1
 * @param steps n; null where nothing fades, wd = 0
 * @param gradients how many gradients these steps add up: n, with Nesterov's momentum n + 1
 */
public record MemoryWindow(double epsilon, @Nullable Long steps, @Nullable Long gradients) {

  /** Beyond it, a window is as good as infinite, and sums of steps stay within 64 bits. */
  private static final long LONGEST = 1L << 40;

  public MemoryWindow {
    requireEpsilon(epsilon);
  }

  /**
   * ε, if it can be one.
   *
   * @throws IllegalArgumentException in one line, if it is not above 0 and below 1
   */
  public static double requireEpsilon(double epsilon) {
    if (!(epsilon > 0 && epsilon < 1)) {
      throw new IllegalArgumentException("epsilon: expected above 0 and below 1, found " + epsilon);
    }
    return epsilon;
  }

  /**
   * At a constant rate.
   *
   * @throws IllegalArgumentException in one line, if ε is not between 0 and 1 or μ·wd ≥ 1
   */
  public static MemoryWindow of(StepRecursion recursion, double rate, double epsilon) {
    return endingAt(recursion, LearningRates.constant(rate, 1), 1, epsilon);
  }

  /**
   * Behind step T of a training. Where the training is shorter than its window, its first rate is
   * taken to have been there before: n is then above T.
   *
   * @param step T; beyond the rates given, the last one goes on
   * @throws IllegalArgumentException in one line, if ε is not between 0 and 1 or μ·wd ≥ 1
   */
  public static MemoryWindow endingAt(
      StepRecursion recursion, LearningRates rates, long step, double epsilon) {
    requireEpsilon(epsilon);
    rates.spans().forEach(span -> recursion.requireRate(span.rate()));
    if (recursion.weightDecay() == 0) {
      return new MemoryWindow(epsilon, null, null);
    }
    long steps =
        recursion.momentum() == 0
            ? plain(recursion, rates, step, epsilon)
            : walked(recursion, rates, step, epsilon);
    return steps > LONGEST
        ? new MemoryWindow(epsilon, null, null)
        : new MemoryWindow(epsilon, steps, recursion.gradients(steps));
  }

  /** Adds −ln(1 − μ·wd) up, span by span. */
  private static long plain(
      StepRecursion recursion, LearningRates rates, long step, double epsilon) {
    // ln(2/ε), where 2/ε may overflow.
    double left = Math.log(2) - Math.log(epsilon);
    long taken = 0;
    for (LearningRates.Span span : backwards(rates, step)) {
      double fading = -Math.log1p(-span.rate() * recursion.weightDecay());
      double needed = Math.ceil(left / fading);
      if (needed <= span.steps()) {
        return taken + (long) Math.max(1, needed);
      }
      left -= fading * span.steps();
      taken += span.steps();
    }
    return Long.MAX_VALUE;
  }

  /** The spans before and with step T, the last one first; the first rate without an end. */
  private static List<LearningRates.Span> backwards(LearningRates rates, long step) {
    List<LearningRates.Span> spans = new ArrayList<>();
    long begin = 0;
    for (int s = 0; s < rates.spans().size() && begin < step; s++) {
      LearningRates.Span span = rates.spans().get(s);
      boolean last = s == rates.spans().size() - 1;
      long count = last ? step - begin : Math.min(span.steps(), step - begin);
      spans.add(0, new LearningRates.Span(span.rate(), count));
      begin += span.steps();
    }
    spans.add(new LearningRates.Span(rates.at(1), Long.MAX_VALUE));
    return spans;
  }

  private static long walked(
      StepRecursion recursion, LearningRates rates, long step, double epsilon) {
    Fading fading = new Fading(recursion, rates, step);
    double last = rates.at(step);
    long beyond = step - rates.steps();
    if (beyond > 0 && fading.isMonotone(last)) {
      long needed = fading.stepsUntil(last, epsilon / 2);
      if (needed <= beyond) {
        return needed;
      }
      fading.back(last, beyond);
    }
    double first = rates.at(1);
    while (fading.share() > epsilon / 2) {
      if (fading.steps() >= step && fading.isMonotone(first)) {
        return fading.steps() + fading.stepsUntil(first, epsilon / 2);
      }
      fading.back();
    }
    return fading.steps();
  }

  /**
   * How many steps a training needs to be as long as its window, the last rate going on behind its
   * last step; T if it is so already.
   *
   * @return null where there is no such number: wd = 0
   */
  public static @Nullable Long stepsNeeded(
      StepRecursion recursion, LearningRates rates, double epsilon) {
    long enough = rates.steps();
    long tooFew = enough - 1;
    while (!inside(recursion, rates, enough, epsilon)) {
      if (enough > LONGEST || endingAt(recursion, rates, enough, epsilon).steps() == null) {
        return null;
      }
      tooFew = enough;
      enough *= 2;
    }
    while (enough - tooFew > 1) {
      long middle = tooFew + (enough - tooFew) / 2;
      if (inside(recursion, rates, middle, epsilon)) {
        enough = middle;
      } else {
        tooFew = middle;
      }
    }
    return enough;
  }

  private static boolean inside(
      StepRecursion recursion, LearningRates rates, long step, double epsilon) {
    Long steps = endingAt(recursion, rates, step, epsilon).steps();
    return steps != null && steps <= step;
  }
}
