package io.rankfall.study.statistics;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.hipparchus.distribution.continuous.NormalDistribution;

/**
 * The Jonckheere–Terpstra test in blocks: Σ over blocks of the pairs in the order of the axis minus
 * those against it. Levels may have any number of runs each and differ from block to block.
 */
final class StratifiedTest {
  /** Multiplications that convolving the blocks' distributions may take. */
  private static final double MOST_PRODUCTS = 3e8;

  private final List<Block> blocks;
  private final long score;
  private final double deviation;

  private StratifiedTest(List<Block> blocks) {
    this.blocks = blocks;
    this.score = blocks.stream().mapToLong(Block::score).sum();
    this.deviation = Math.sqrt(blocks.stream().mapToDouble(Block::nullVariance).sum());
  }

  static TrendTest of(List<Block> blocks) {
    StratifiedTest test = new StratifiedTest(blocks);
    return test.isQuick() ? test.exact() : test.normal();
  }

  static TrendTest normal(List<Block> blocks) {
    return new StratifiedTest(blocks).normal();
  }

  private boolean isQuick() {
    double products = 0;
    double span = 1;
    for (Block block : blocks) {
      if (!PermutationNull.isQuick(block.levelSizes())) {
        return false;
      }
      double own = 2.0 * PermutationNull.reach(block.levelSizes()) + 1;
      products += own * span;
      span += own - 1;
    }
    return products <= MOST_PRODUCTS;
  }

  private TrendTest exact() {
    Map<List<Integer>, double[]> known = new HashMap<>();
    double[] all = {1};
    for (Block block : blocks) {
      int[] sizes = block.levelSizes();
      int[] ties = block.ties();
      List<Integer> shape =
          IntStream.concat(
                  Arrays.stream(sizes), IntStream.concat(IntStream.of(-1), Arrays.stream(ties)))
              .boxed()
              .toList();
      double[] own = known.computeIfAbsent(shape, s -> PermutationNull.of(sizes, ties));
      all = convolution(all, own);
    }
    int reach = all.length / 2;
    double rising = 0;
    double falling = 0;
    // From the outside in: small probabilities are added first and keep their digits.
    for (int s = all.length - 1; s >= reach + score; s--) {
      rising += all[s];
    }
    for (int s = 0; s <= reach + score; s++) {
      falling += all[s];
    }
    return result(TrendTest.Method.EXACT, rising, falling);
  }

  private static double[] convolution(double[] a, double[] b) {
    double[] sum = new double[a.length + b.length - 1];
    for (int i = 0; i < a.length; i++) {
      if (a[i] != 0) {
        for (int j = 0; j < b.length; j++) {
          sum[i + j] += a[i] * b[j];
        }
      }
    }
    return sum;
  }

  private TrendTest normal() {
    if (deviation == 0) {
      return result(TrendTest.Method.NORMAL, 1, 1);
    }
    NormalDistribution normal = new NormalDistribution();
    return result(
        TrendTest.Method.NORMAL,
        normal.cumulativeProbability((1 - score) / deviation),
        normal.cumulativeProbability((1 + score) / deviation));
  }

  private TrendTest result(TrendTest.Method method, double rising, double falling) {
    double up = Math.min(1, rising);
    double down = Math.min(1, falling);
    double both = Math.min(1, 2 * Math.min(up, down));
    return new TrendTest(method, score, deviation, up, down, both, both);
  }
}
