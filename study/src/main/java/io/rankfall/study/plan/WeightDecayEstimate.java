package io.rankfall.study.plan;

import io.rankfall.train.plan.Memory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The weight decay at which training with B and μ is expected to give the wanted rank.
 *
 * @param method how it was found
 * @param weightDecay wd; null if the runs do not tell, or only of one that no training can have,
 *     μ·wd ≥ 1
 * @param low no rank as low is expected below it; null if the runs do not tell
 * @param high the rank is expected to be reached at it; null if the runs do not tell
 * @param memory how long a gradient stays in the weights; null without weightDecay
 * @param extrapolated what lies outside of the runs, in words: {@code wd above 0.002}
 */
public record WeightDecayEstimate(
    int batchSize,
    double learningRate,
    Method method,
    @Nullable Double weightDecay,
    @Nullable Double low,
    @Nullable Double high,
    @Nullable Memory memory,
    List<String> extrapolated) {

  /** Where an estimate comes from. */
  public enum Method {
    /**
     * Runs with this B and μ have a higher rank at {@code low}, and one as low as wanted at {@code
     * high}; in between ln(r/(full − r)) is drawn straight over ln wd.
     */
    BETWEEN_RUNS,
    /** The law of all settings, with its 95 % prediction interval. */
    LAW
  }

  public WeightDecayEstimate {
    extrapolated = List.copyOf(extrapolated);
  }
}
