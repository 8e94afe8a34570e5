package io.rankfall.study.statistics;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs that differ in one axis and the seed: at each level of the axis, in ascending order, the
 * responses of its seeds: ranks or shares, here called ranks.
 */
final class Block {
  private final String fixed;
  private final List<double[]> levels;
  private final long score;
  private final double scale;

  Block(String fixed, List<double[]> levels) {
    this.fixed = fixed;
    this.levels = List.copyOf(levels);
    this.score = score(levels);
    this.scale =
        Math.sqrt((double) (pairs() - tiedPairs(levelSizes())) * (pairs() - tiedPairs(ties())));
  }

  /** S = pairs of runs whose ranks differ as their levels do − those the other way round. */
  private static long score(List<double[]> levels) {
    long score = 0;
    for (int high = 1; high < levels.size(); high++) {
      for (int low = 0; low < high; low++) {
        for (double a : levels.get(low)) {
          for (double b : levels.get(high)) {
            score += Double.compare(b, a);
          }
        }
      }
    }
    return score;
  }

  long score() {
    return score;
  }

  /** What S is divided by in τ-b: 0 if all ranks are the same. */
  double scale() {
    return scale;
  }

  /**
   * What S can be at most: pairs that are neither tied in level nor, in whatever order, in rank.
   */
  double mostScore() {
    return pairs() - Math.max(tiedPairs(levelSizes()), tiedPairs(ties()));
  }

  @Nullable Double tau() {
    return scale == 0 ? null : score / scale;
  }

  BlockTrend trend() {
    return new BlockTrend(fixed, runs(), levels.size(), tau());
  }

  int runs() {
    return levels.stream().mapToInt(level -> level.length).sum();
  }

  private long pairs() {
    long n = runs();
    return n * (n - 1) / 2;
  }

  private static long tiedPairs(int... sizes) {
    long pairs = 0;
    for (int t : sizes) {
      pairs += t * (t - 1L) / 2;
    }
    return pairs;
  }

  int[] levelSizes() {
    return levels.stream().mapToInt(level -> level.length).toArray();
  }

  /** How many runs share each rank, in the order of ranks. */
  int[] ties() {
    TreeMap<Double, Integer> counts = new TreeMap<>();
    for (double[] level : levels) {
      for (double rank : level) {
        counts.merge(rank, 1, Integer::sum);
      }
    }
    return counts.values().stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Variance of S when ranks fall to levels at random (Kendall, Rank Correlation Methods, ch. 4),
   * for ties in both.
   */
  double nullVariance() {
    double n = runs();
    int[] t = levelSizes();
    int[] u = ties();
    double variance = (spread(n) - spread(t) - spread(u)) / 18;
    variance += moment(2, t) * moment(2, u) / (2 * n * (n - 1));
    if (n > 2) {
      variance += moment(3, t) * moment(3, u) / (9 * n * (n - 1) * (n - 2));
    }
    return Math.max(0, variance);
  }

  private static double spread(int... sizes) {
    double sum = 0;
    for (int size : sizes) {
      sum += spread((double) size);
    }
    return sum;
  }

  private static double spread(double size) {
    return size * (size - 1) * (2 * size + 5);
  }

  private static double moment(int order, int... sizes) {
    double sum = 0;
    for (double size : sizes) {
      sum += size * (size - 1) * (order == 3 ? size - 2 : 1);
    }
    return sum;
  }

  boolean repeatsSeedsEverywhere() {
    return levels.stream().allMatch(level -> level.length > 1);
  }

  /** The same levels with as many runs each, drawn with replacement. */
  Block resampled(SplittableRandom random) {
    List<double[]> drawn = new ArrayList<>();
    for (double[] level : levels) {
      double[] sample = new double[level.length];
      for (int i = 0; i < sample.length; i++) {
        sample[i] = level[random.nextInt(level.length)];
      }
      drawn.add(sample);
    }
    return new Block(fixed, drawn);
  }
}
