package io.rankfall.study.statistics;

import io.rankfall.study.statistics.RunSummary.Measured;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How rank goes with a measure of generalization.
 *
 * @param marginal over all settings as they are; null if they are too few or do not differ
 * @param partial of what B, μ, wd and the other settings, each held fixed, leave unexplained
 */
public record Relation(
    Quality quality, @Nullable Association marginal, @Nullable Association partial) {

  /** What rank is compared with. */
  public enum Quality {
    TEST_ACCURACY("test accuracy", -1) {
      @Override
      double of(Measured measured) {
        return measured.testAccuracy();
      }
    },
    /** Training minus test accuracy. */
    GENERALIZATION_GAP("generalization gap", +1) {
      @Override
      double of(Measured measured) {
        return measured.generalizationGap();
      }
    };

    private final String words;
    private final int good;

    Quality(String words, int good) {
      this.words = words;
      this.good = good;
    }

    abstract double of(Measured measured);

    String words() {
      return words;
    }

    /** The sign of the correlation with rank if low rank generalizes better. */
    int good() {
      return good;
    }
  }

  /** Those there are, the marginal one first. */
  Stream<Association> associations() {
    return Stream.of(Optional.ofNullable(marginal), Optional.ofNullable(partial))
        .flatMap(Optional::stream);
  }

  static Relation of(Quality quality, SettingMeans means) {
    ToDoubleFunction<Measured> measure = quality::of;
    return new Relation(quality, means.marginal(measure), means.partial(measure));
  }
}
