package io.rankfall.study.statistics;

import io.rankfall.study.statistics.RunSummary.Measured;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is measured on a trained network. */
public enum Quantity {
  /** Mean over the layers that count. */
  RANK("rank", "lower rank", "higher rank", +1) {
    @Override
    Double of(Measured measured) {
      return measured.meanRank();
    }
  },
  /**
   * The smallest share of parameters found within 1 point of the network's own test accuracy, ranks
   * chosen by inputs; not every network is searched for it.
   */
  SHARE(
      "share of parameters needed",
      "a smaller share of parameters needed",
      "a larger share of parameters needed",
      +1) {
    @Override
    @Nullable Double of(Measured measured) {
      return measured.share();
    }
  },
  /** Share of the test examples. */
  TEST_ACCURACY("test accuracy", "lower test accuracy", "higher test accuracy", -1) {
    @Override
    Double of(Measured measured) {
      return measured.testAccuracy();
    }
  },
  /** Training minus test accuracy. */
  GENERALIZATION_GAP(
      "generalization gap", "a smaller generalization gap", "a larger generalization gap", +1) {
    @Override
    Double of(Measured measured) {
      return measured.generalizationGap();
    }
  };

  /** Those that the settings are asked for. */
  static final List<Quantity> RESPONSES = List.of(RANK, SHARE);

  private final String words;
  private final String low;
  private final String high;
  private final int good;

  Quantity(String words, String low, String high, int good) {
    this.words = words;
    this.low = low;
    this.high = high;
    this.good = good;
  }

  /** Null where it was not measured. */
  abstract @Nullable Double of(Measured measured);

  String words() {
    return words;
  }

  String low() {
    return low;
  }

  String high() {
    return high;
  }

  /** The sign of its correlation with {@link #RESPONSES}, if a low one of those is good. */
  int good() {
    return good;
  }

  /** For the names of conclusions: {@code test-accuracy}. */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  boolean isKnownOf(RunSummary run) {
    return of(run.result()) != null;
  }
}
