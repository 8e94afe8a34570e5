package io.rankfall.study.statistics;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.hipparchus.util.CombinatoricsUtils;

/**
 * The exact distribution of S = concordant − discordant pairs when values fall to levels at random.
 * Values are placed in ascending order; how many of the tied ones each level gets is multivariate
 * hypergeometric, and all that decides S is how many smaller ones each level has already.
 */
final class PermutationNull {
  private static final long MOST_STATES_TIMES_SPAN = 4_000_000;

  private final int[] levels;
  private final int reach;
  private int left;
  private Map<Integer, double[]> next = new TreeMap<>();

  private PermutationNull(int[] levels) {
    this.levels = levels;
    this.left = Arrays.stream(levels).sum();
    this.reach = reach(levels);
  }

  /** Largest |S|: the pairs of runs at different levels. */
  static int reach(int... levels) {
    int pairs = 0;
    int before = 0;
    for (int n : levels) {
      pairs += before * n;
      before += n;
    }
    return pairs;
  }

  /** Whether {@link #of} takes a fraction of a second. */
  static boolean isQuick(int... levels) {
    long states = 1;
    for (int n : levels) {
      states *= n + 1;
      if (states > MOST_STATES_TIMES_SPAN) {
        return false;
      }
    }
    return states * (2L * reach(levels) + 1) <= MOST_STATES_TIMES_SPAN;
  }

  /**
   * Probabilities of S = −reach to reach.
   *
   * @param levels how many runs each level has, in the order of levels
   * @param ties how many runs share each value, in the order of values
   */
  static double[] of(int[] levels, int[] ties) {
    PermutationNull placing = new PermutationNull(levels);
    double[] start = new double[2 * placing.reach + 1];
    start[placing.reach] = 1;
    Map<Integer, double[]> states = new TreeMap<>(Map.of(0, start));
    for (int tied : ties) {
      states = placing.placed(states, tied);
    }
    return states.values().iterator().next();
  }

  private Map<Integer, double[]> placed(Map<Integer, double[]> states, int tied) {
    next = new TreeMap<>();
    double all = CombinatoricsUtils.binomialCoefficientDouble(left, tied);
    states.forEach((code, s) -> place(new Placement(counts(code), s), 0, tied, 0, 1 / all));
    left -= tied;
    return next;
  }

  /**
   * How many smaller values each level has, how many it gets to have, and the distribution of S
   * over the smaller ones.
   */
  private static final class Placement {
    private final int[] smaller;
    private final int[] counts;
    private final double[] distribution;

    Placement(int[] smaller, double[] distribution) {
      this.smaller = smaller;
      this.counts = smaller.clone();
      this.distribution = distribution;
    }

    /** What S gains by one more value at a level. */
    int gain(int level) {
      int gain = 0;
      for (int j = 0; j < smaller.length; j++) {
        gain += Integer.signum(level - j) * smaller[j];
      }
      return gain;
    }
  }

  /** Gives the levels from {@code level} on what remains of the tied values, in every way. */
  private void place(Placement to, int level, int remaining, int shift, double probability) {
    if (level == levels.length) {
      if (remaining == 0) {
        add(code(to.counts), to.distribution, shift, probability);
      }
      return;
    }
    int gain = to.gain(level);
    int free = levels[level] - to.smaller[level];
    for (int c = 0; c <= Math.min(free, remaining); c++) {
      to.counts[level] = to.smaller[level] + c;
      double ways = CombinatoricsUtils.binomialCoefficientDouble(free, c);
      place(to, level + 1, remaining - c, shift + c * gain, probability * ways);
    }
  }

  private void add(int code, double[] distribution, int shift, double probability) {
    double[] sum = next.computeIfAbsent(code, c -> new double[2 * reach + 1]);
    for (int s = Math.max(0, -shift); s < Math.min(sum.length, sum.length - shift); s++) {
      sum[s + shift] += probability * distribution[s];
    }
  }

  private int code(int[] counts) {
    int code = 0;
    for (int j = counts.length - 1; j >= 0; j--) {
      code = code * (levels[j] + 1) + counts[j];
    }
    return code;
  }

  private int[] counts(int code) {
    int[] counts = new int[levels.length];
    int rest = code;
    for (int j = 0; j < counts.length; j++) {
      counts[j] = rest % (levels[j] + 1);
      rest /= levels[j] + 1;
    }
    return counts;
  }
}
