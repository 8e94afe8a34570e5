package io.rankfall.study.statistics;

import io.rankfall.study.statistics.Conclusion.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Claims in plain words. A claim is supported or contradicted if its corrected p is below 5 % and,
 * where there is an interval, 0 lies outside; anything else leaves it open.
 */
final class Conclusions {
  private static final double LEVEL = 0.05;

  /** Below this |ρ| a connection explains less than a tenth of the variance of ranks. */
  private static final double WEAK = 0.3;

  /** Below this the digits of p say nothing. */
  private static final double SMALLEST_P = 1e-15;

  /** A ceiling of τ that is worth telling. */
  private static final double NEARLY_ONE = 0.995;

  private Conclusions() {}

  static List<Conclusion> of(List<Trend> trends, List<Relation> relations) {
    List<Conclusion> conclusions = new ArrayList<>();
    trends.forEach(trend -> conclusions.add(of(trend)));
    for (Relation relation : relations) {
      Association marginal = relation.marginal();
      Association partial = relation.partial();
      if (marginal != null) {
        String where =
            marginal.heldFixed() == 0 ? "over all settings" : "over all settings of each network";
        conclusions.add(of(relation, "", where, marginal));
      }
      if (partial != null) {
        conclusions.add(
            of(
                relation,
                "-fixed",
                "with batch size, learning rate and weight decay held fixed",
                partial));
      }
    }
    return conclusions;
  }

  private static Conclusion of(Trend trend) {
    String id = trend.response().id() + "-by-" + trend.axis().words().replace(' ', '-');
    Double tau = trend.tau();
    if (tau == null) {
      return new Conclusion(
          id,
          Verdict.OPEN,
          "The %s does not differ at all along %s, in none of %d runs: this way of counting may be too coarse to see a change."
              .formatted(trend.response().words(), trend.axis().words(), trend.runs()));
    }
    TauInterval interval = trend.interval();
    boolean clear =
        trend.test().twoSidedHolm() < LEVEL
            && (interval == null || interval.interval().excludesZero());
    Verdict verdict = verdict(clear, tau, trend.expected());
    return new Conclusion(id, verdict, claim(trend, verdict) + numbers(trend, tau) + ".");
  }

  private static String claim(Trend trend, Verdict verdict) {
    String setting =
        switch (trend.axis()) {
          case BATCH_SIZE -> "smaller batches go with ";
          case LEARNING_RATE -> "larger learning rates go with ";
          case WEIGHT_DECAY -> "more weight decay goes with ";
        };
    return switch (verdict) {
      case SUPPORTED -> sentence(setting) + trend.response().low();
      case CONTRADICTED -> "Against the claim, " + setting + trend.response().high();
      case OPEN -> "These runs do not show whether " + setting + trend.response().low();
    };
  }

  private static String numbers(Trend trend, double tau) {
    StringBuilder text = new StringBuilder(": τ = " + number(tau));
    TauInterval interval = trend.interval();
    if (interval != null) {
      text.append(" ").append(interval(interval.interval()));
    }
    if (trend.largestTau() < NEARLY_ONE) {
      text.append(" (at most %s here)".formatted(number(trend.largestTau())));
    }
    text.append(
        " over %d %s, of which it rises in %d and falls in %d, %s after Holm"
            .formatted(
                trend.blocks().size(),
                trend.blocks().size() == 1 ? "block" : "blocks",
                trend.rising(),
                trend.falling(),
                p(trend.test().twoSidedHolm())));
    if (interval == null) {
      text.append("; too few blocks and seeds for an interval");
    } else if (interval.over() == TauInterval.Over.SEEDS) {
      text.append("; the interval is over seeds of these blocks alone");
    }
    return text.toString();
  }

  private static Conclusion of(
      Relation relation, String idSuffix, String where, Association association) {
    Quantity response = relation.response();
    Quantity quality = relation.quality();
    Correlation rho = association.spearman();
    boolean clear = association.holm() < LEVEL && rho.interval().excludesZero();
    Verdict verdict = verdict(clear, rho.coefficient(), quality.good());
    String direction = rho.coefficient() > 0 ? quality.low() : quality.high();
    String strength = Math.abs(rho.coefficient()) < WEAK ? "weakly, " : "";
    String text =
        verdict == Verdict.OPEN
            ? "%s, these runs show no connection of %s and %s"
                .formatted(sentence(where), response.words(), quality.words())
            : "%s, %s goes %swith %s"
                .formatted(sentence(where), response.low(), strength, direction);
    return new Conclusion(
        response.id() + "-and-" + quality.id() + idSuffix,
        verdict,
        "%s: Spearman's ρ = %s %s over %d settings, %s after Holm."
            .formatted(
                text,
                number(rho.coefficient()),
                interval(rho.interval()),
                association.settings(),
                p(association.holm())));
  }

  private static Verdict verdict(boolean clear, double found, int expected) {
    if (!clear) {
      return Verdict.OPEN;
    }
    return found * expected > 0 ? Verdict.SUPPORTED : Verdict.CONTRADICTED;
  }

  private static String sentence(String words) {
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value).replace('-', '−');
  }

  private static String interval(Interval interval) {
    return "[%s, %s]".formatted(number(interval.low()), number(interval.high()));
  }

  private static String p(double p) {
    if (p < SMALLEST_P) {
      return "p < 1e-15";
    }
    return String.format(Locale.ROOT, p < 0.001 ? "p = %.1e" : "p = %.3f", p);
  }
}
