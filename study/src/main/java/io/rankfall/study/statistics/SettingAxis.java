package io.rankfall.study.statistics;

import io.rankfall.study.statistics.RunSummary.Setting;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A setting that, by the paper (arXiv 2206.05794), controls the rank. */
public enum SettingAxis {
  /** B: the rank falls as it falls. */
  BATCH_SIZE("batch size", "B", +1) {
    @Override
    double of(Setting setting) {
      return setting.batchSize();
    }
  },
  /** μ: the rank falls as it grows. */
  LEARNING_RATE("learning rate", "mu", -1) {
    @Override
    double of(Setting setting) {
      return setting.learningRate();
    }
  },
  /** wd = 2λ: the rank falls as it grows. */
  WEIGHT_DECAY("weight decay", "wd", -1) {
    @Override
    double of(Setting setting) {
      return setting.weightDecay();
    }
  };

  private final String words;
  private final String symbol;
  private final int expected;

  SettingAxis(String words, String symbol, int expected) {
    this.words = words;
    this.symbol = symbol;
    this.expected = expected;
  }

  /** Where a setting stands on this axis. */
  abstract double of(Setting setting);

  String words() {
    return words;
  }

  String symbol() {
    return symbol;
  }

  /**
   * The sign of the trend of rank along this axis that the paper claims, and that of the share if
   * it follows.
   */
  int expected() {
    return expected;
  }

  /** The settings that are held fixed when this one varies, in words. */
  String othersOf(Setting setting) {
    return Arrays.stream(values())
            .filter(axis -> axis != this)
            .map(axis -> axis.symbol + "=" + number(axis.of(setting)))
            .collect(Collectors.joining(", "))
        + "; "
        + setting.others();
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? String.valueOf((long) value)
        : String.valueOf(value);
  }
}
