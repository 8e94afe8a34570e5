package io.rankfall.study.statistics;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.hipparchus.stat.descriptive.rank.Percentile;

/**
 * A percentile bootstrap interval of a combined τ.
 *
 * @param over what was drawn with replacement, and so what the interval speaks of
 */
public record TauInterval(Interval interval, Over over, int draws) {
  private static final int DRAWS = 2000;

  /** With fewer there are too few different draws. */
  private static final int FEWEST_BLOCKS = 6;

  /** What is drawn. */
  public enum Over {
    /** Blocks with all their runs: how τ would be with other settings held fixed. */
    BLOCKS,
    /** Seeds in every setting: how τ of these very settings would be with other seeds. */
    SEEDS
  }

  /** Empty with few blocks if some setting has a single seed, and if ranks differ nowhere. */
  static Optional<TauInterval> of(List<Block> blocks, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Block> telling = blocks.stream().filter(block -> block.scale() > 0).toList();
    if (telling.size() >= FEWEST_BLOCKS) {
      return of(Over.BLOCKS, () -> drawn(telling, random));
    }
    if (!telling.isEmpty() && telling.stream().allMatch(Block::repeatsSeedsEverywhere)) {
      return of(Over.SEEDS, () -> telling.stream().map(block -> block.resampled(random)).toList());
    }
    return Optional.empty();
  }

  private static List<Block> drawn(List<Block> blocks, SplittableRandom random) {
    List<Block> drawn = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      drawn.add(blocks.get(random.nextInt(blocks.size())));
    }
    return drawn;
  }

  private static Optional<TauInterval> of(Over over, Supplier<List<Block>> draw) {
    double[] taus =
        IntStream.range(0, DRAWS)
            .mapToObj(i -> Trend.tau(draw.get()))
            .filter(Objects::nonNull)
            .flatMapToDouble(DoubleStream::of)
            .toArray();
    if (taus.length == 0) {
      return Optional.empty();
    }
    Percentile percentile = new Percentile();
    percentile.setData(taus);
    return Optional.of(
        new TauInterval(
            new Interval(
                percentile.evaluate(100 * Interval.TAIL),
                percentile.evaluate(100 * (1 - Interval.TAIL))),
            over,
            taus.length));
  }
}
