package io.rankfall.study.statistics;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether rank, or the share of parameters needed, rises or falls along one axis while the others
 * are held fixed.
 *
 * @param response rank or share
 * @param expected the sign that the paper claims of rank, and that a share which follows rank has
 * @param runs in blocks with more than one value of the axis; others say nothing here
 * @param rising blocks with τ &gt; 0
 * @param falling blocks with τ &lt; 0
 * @param tau ΣS/ΣD over the blocks, where τ-b = S/D is each block's: their mean, weighted by the
 *     number of comparable pairs; null if responses differ nowhere
 * @param largestTau what τ can be at most with these levels and these ties: below 1 where seeds
 *     repeat, since runs of one setting cannot be ordered
 * @param interval of τ; null where neither blocks nor seeds are enough
 */
public record Trend(
    Quantity response,
    SettingAxis axis,
    int expected,
    int runs,
    int rising,
    int falling,
    @Nullable Double tau,
    double largestTau,
    @Nullable TauInterval interval,
    TrendTest test,
    List<BlockTrend> blocks) {
  public Trend {
    blocks = List.copyOf(blocks);
  }

  /**
   * Empty if no two runs differ in this axis and the seed alone.
   *
   * @param runs on which the response was measured
   * @param seed of the interval's bootstrap
   */
  static Optional<Trend> of(Quantity response, SettingAxis axis, List<RunSummary> runs, long seed) {
    List<Block> blocks = blocks(response, axis, runs);
    if (blocks.isEmpty()) {
      return Optional.empty();
    }
    List<Double> taus = blocks.stream().map(Block::tau).filter(Objects::nonNull).toList();
    return Optional.of(
        new Trend(
            response,
            axis,
            axis.expected(),
            blocks.stream().mapToInt(Block::runs).sum(),
            (int) taus.stream().filter(tau -> tau > 0).count(),
            (int) taus.stream().filter(tau -> tau < 0).count(),
            tau(blocks),
            largestTau(blocks),
            TauInterval.of(blocks, seed).orElse(null),
            StratifiedTest.of(blocks),
            blocks.stream().map(Block::trend).toList()));
  }

  static @Nullable Double tau(List<Block> blocks) {
    double scale = blocks.stream().mapToDouble(Block::scale).sum();
    return scale == 0 ? null : blocks.stream().mapToLong(Block::score).sum() / scale;
  }

  private static double largestTau(List<Block> blocks) {
    double scale = blocks.stream().mapToDouble(Block::scale).sum();
    return scale == 0 ? 1 : blocks.stream().mapToDouble(Block::mostScore).sum() / scale;
  }

  private static List<Block> blocks(Quantity response, SettingAxis axis, List<RunSummary> runs) {
    Map<String, TreeMap<Double, List<Double>>> byFixed = new LinkedHashMap<>();
    for (RunSummary run : runs) {
      byFixed
          .computeIfAbsent(axis.othersOf(run.setting()), fixed -> new TreeMap<>())
          .computeIfAbsent(axis.of(run.setting()), level -> new ArrayList<>())
          .add(requireNonNull(response.of(run.result()), run.id()));
    }
    List<Block> blocks = new ArrayList<>();
    byFixed.forEach(
        (fixed, levels) -> {
          if (levels.size() > 1) {
            blocks.add(
                new Block(
                    fixed,
                    levels.values().stream()
                        .map(found -> found.stream().mapToDouble(Double::doubleValue).toArray())
                        .toList()));
          }
        });
    return blocks;
  }

  Trend adjusted(double holm) {
    return new Trend(
        response,
        axis,
        expected,
        runs,
        rising,
        falling,
        tau,
        largestTau,
        interval,
        test.adjusted(holm),
        blocks);
  }
}
