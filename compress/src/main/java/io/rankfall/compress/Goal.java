package io.rankfall.compress;

import java.util.Locale;

/**
 * What a compression is to reach: ranks that follow from the weights alone ({@link RankPolicy}), or
 * something that is counted or measured on the model that results. Of all models within the goal
 * the one that loses least is wanted; with {@link MaxDrop} and {@link MaxChange} the smallest.
 */
public sealed interface Goal
    permits RankPolicy, Goal.Macs, Goal.FileSize, Goal.Latency, Goal.MaxDrop, Goal.MaxChange {

  /** One line for reports. */
  String text();

  /** What a searched goal limits, with its unit. */
  default String measured(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  /**
   * At most {@code share} of the multiply-accumulates of one example.
   *
   * @see MacCount
   */
  record Macs(double share) implements Goal {
    public Macs {
      RankPolicy.requireShare("share of multiply-accumulates", share);
    }

    @Override
    public String text() {
      return "at most %s of the multiply-accumulates".formatted(share);
    }
  }

  /** A file of at most so many bytes. */
  record FileSize(long bytes) implements Goal {
    public FileSize {
      if (bytes < 1) {
        throw new IllegalArgumentException("file size: expected >= 1 byte, found " + bytes);
      }
    }

    @Override
    public String text() {
      return String.format(Locale.ROOT, "at most %,d bytes", bytes);
    }

    @Override
    public String measured(double value) {
      return String.format(Locale.ROOT, "%,.0f bytes", value);
    }
  }

  /** At most {@code share} of the time for one batch, measured on this machine with one thread. */
  record Latency(double share) implements Goal {
    public Latency {
      RankPolicy.requireShare("share of the latency", share);
    }

    @Override
    public String text() {
      return "at most %s of the latency measured here".formatted(share);
    }

    @Override
    public String measured(double value) {
      return String.format(Locale.ROOT, "%.3f of the latency", value);
    }
  }

  /** A metric at most so many points (100 is the whole scale) below that of the dense model. */
  record MaxDrop(double points) implements Goal {
    public MaxDrop {
      requireNotNegative("drop", points);
    }

    @Override
    public String text() {
      return "at most %s points lost".formatted(points);
    }

    @Override
    public String measured(double value) {
      return String.format(Locale.ROOT, "%.3g points lost", value);
    }
  }

  /**
   * Outputs at most so far from those of the dense model.
   *
   * @see OutputChange#relative()
   */
  record MaxChange(double distance) implements Goal {
    public MaxChange {
      requireNotNegative("change", distance);
    }

    @Override
    public String text() {
      return "outputs changed by at most %s".formatted(distance);
    }

    @Override
    public String measured(double value) {
      return String.format(Locale.ROOT, "outputs changed by %.3g", value);
    }
  }

  private static void requireNotNegative(String what, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "%s: expected a number >= 0, found %s".formatted(what, value));
    }
  }
}
