package io.rankfall.compress;

import java.time.Duration;
import java.util.Arrays;

/**
 * How long two models take for the same batch on this machine, one thread, measured in alternation
 * so that both see the same disturbances.
 *
 * @param batch rows at a time
 * @param rounds timed runs of each model, odd counts having a true median
 * @param denseNanos median nanoseconds of the first model for one batch
 * @param candidateNanos the same of the second
 */
public record LatencyComparison(int batch, int rounds, long denseNanos, long candidateNanos) {
  public LatencyComparison {
    if (batch < 1 || rounds < 1 || denseNanos < 0 || candidateNanos < 0) {
      throw new IllegalArgumentException(
          "latency: expected batch and rounds >= 1 and times >= 0, found %d, %d, %d, %d"
              .formatted(batch, rounds, denseNanos, candidateNanos));
    }
  }

  private static final int WARM_UPS = 3;
  private static final int FEWEST_ROUNDS = 5;
  private static final int MOST_ROUNDS = 301;

  /**
   * As many rounds as take about this long.
   *
   * @param inputs the batch, whole
   */
  static LatencyComparison measure(
      OnnxRuntimeSession dense,
      OnnxRuntimeSession candidate,
      ModelInputs inputs,
      Duration duration) {
    LatencyComparison first = measure(dense, candidate, inputs, WARM_UPS, FEWEST_ROUNDS);
    long each = Math.max(1, first.denseNanos + first.candidateNanos);
    long rounds = Math.min(MOST_ROUNDS, duration.toNanos() / each) | 1;
    return rounds <= FEWEST_ROUNDS ? first : measure(dense, candidate, inputs, 0, (int) rounds);
  }

  /**
   * Measures; inputs are prepared once, the first {@code warmUps} runs are not counted.
   *
   * @param inputs the batch, whole
   */
  public static LatencyComparison measure(
      OnnxRuntimeSession dense,
      OnnxRuntimeSession candidate,
      ModelInputs inputs,
      int warmUps,
      int rounds) {
    long[] denseNanos = new long[rounds];
    long[] candidateNanos = new long[rounds];
    try (OnnxRuntimeSession.Batch denseInput = dense.prepare(inputs.whole());
        OnnxRuntimeSession.Batch candidateInput = candidate.prepare(inputs.whole())) {
      for (int i = -warmUps; i < rounds; i++) {
        long start = System.nanoTime();
        dense.run(denseInput);
        long between = System.nanoTime();
        candidate.run(candidateInput);
        long end = System.nanoTime();
        if (i >= 0) {
          denseNanos[i] = between - start;
          candidateNanos[i] = end - between;
        }
      }
    }
    return new LatencyComparison(
        inputs.count(), rounds, median(denseNanos), median(candidateNanos));
  }

  /** How many times faster the candidate is; below 1 it is slower. */
  public double speedup() {
    return denseNanos / (double) Math.max(1, candidateNanos);
  }

  private static long median(long[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}
