package io.rankfall.study.statistics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.study.statistics.LogRegression.Predictor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What the runs of a study say about rank: does it fall with small batches, large learning rates
 * and weight decay, by how much, and does it go with generalization? Where their compressibility
 * was searched, the same is asked of the share of parameters that they need.
 *
 * @param rankMeasure how ranks were counted, in words
 * @param shareMeasure how the share was found, in words
 * @param seed of the bootstrap
 * @param apart runs that only the counts contain
 * @param trends of the axes along which runs can be compared
 * @param regressions that the runs allow
 * @param tests how many Holm's correction counts: one for each trend and each Spearman coefficient
 * @param notes what could not be computed, or on which part of the runs, and why
 */
public record StudyStatistics(
    int formatVersion,
    String rankMeasure,
    String shareMeasure,
    long seed,
    RunCounts runs,
    List<SetApart> apart,
    List<Trend> trends,
    List<Regression> regressions,
    List<Relation> relations,
    int tests,
    List<Conclusion> conclusions,
    List<String> notes) {
  public static final int FORMAT_VERSION = 2;

  private static final String SHARE_MEASURE =
      "smallest share of parameters found within 1 point of a run's own test accuracy, ranks chosen by inputs";

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public StudyStatistics {
    apart = List.copyOf(apart);
    trends = List.copyOf(trends);
    regressions = List.copyOf(regressions);
    relations = List.copyOf(relations);
    conclusions = List.copyOf(conclusions);
    notes = List.copyOf(notes);
  }

  /**
   * Asks the runs. Their order does not matter, and the same runs and seed give the same numbers.
   *
   * @param seed of the bootstrap
   */
  public static StudyStatistics of(RunTable table, long seed) {
    Selection selection = Selection.of(table);
    List<String> notes = new ArrayList<>();
    List<Trend> trends = trends(selection.used(), seed, notes);
    List<Regression> regressions = regressions(selection.used(), notes);
    List<Relation> relations = Relation.of(selection.used());
    Adjusted adjusted = Adjusted.of(trends, relations);
    return new StudyStatistics(
        FORMAT_VERSION,
        table.rankMeasure(),
        SHARE_MEASURE,
        seed,
        selection.counts(),
        selection.apart(),
        adjusted.trends,
        regressions,
        adjusted.relations,
        adjusted.tests,
        Conclusions.of(adjusted.trends, adjusted.relations),
        notes);
  }

  private static List<Trend> trends(List<RunSummary> runs, long seed, List<String> notes) {
    List<Trend> trends = new ArrayList<>();
    for (SettingAxis axis : SettingAxis.values()) {
      Optional<Trend> trend = Trend.of(Quantity.RANK, axis, runs, seed);
      trend.ifPresentOrElse(
          trends::add,
          () ->
              notes.add(
                  "No trend along %s: no two runs differ in it and the seed alone."
                      .formatted(axis.words())));
    }
    List<RunSummary> searched = runs.stream().filter(Quantity.SHARE::isKnownOf).toList();
    for (SettingAxis axis : SettingAxis.values()) {
      Trend.of(Quantity.SHARE, axis, searched, seed).ifPresent(trends::add);
    }
    if (!searched.isEmpty() && searched.size() < runs.size()) {
      notes.add(
          "%d of %d runs were searched for the share of parameters they need: what is said of it is of those alone."
              .formatted(searched.size(), runs.size()));
    }
    return trends;
  }

  private static List<Regression> regressions(List<RunSummary> runs, List<String> notes) {
    List<RunSummary> decayed = runs.stream().filter(run -> run.weightDecay() > 0).toList();
    List<RunSummary> usable = decayed.stream().filter(run -> run.meanRank() > 0).toList();
    if (decayed.size() < runs.size()) {
      notes.add(
          "%d runs with weight decay 0 are not in the regressions: 0 has no logarithm."
              .formatted(runs.size() - decayed.size()));
    }
    if (usable.size() < decayed.size()) {
      notes.add(
          "%d runs of rank 0 are not in the regressions: 0 has no logarithm."
              .formatted(decayed.size() - usable.size()));
    }
    List<Predictor> each =
        Arrays.stream(SettingAxis.values())
            .filter(axis -> varies(axis, usable))
            .map(axis -> new Predictor("log " + axis.symbol(), s -> Math.log(axis.of(s))))
            .toList();
    Predictor together =
        new Predictor(
            "log(B/(mu*wd))", s -> Math.log(s.batchSize() / (s.learningRate() * s.weightDecay())));
    List<Regression> regressions = new ArrayList<>();
    for (List<Predictor> predictors : List.of(each, List.of(together))) {
      LogRegression.of(usable, predictors)
          .ifPresentOrElse(
              regressions::add,
              () ->
                  notes.add(
                      "No regression on %s: too few settings, or settings that determine each other."
                          .formatted(predictors.stream().map(Predictor::name).toList())));
    }
    return regressions;
  }

  private static boolean varies(SettingAxis axis, List<RunSummary> runs) {
    return runs.stream().map(run -> axis.of(run.setting())).distinct().count() > 1;
  }

  /** Trends and relations with p corrected for being reported together. */
  private record Adjusted(List<Trend> trends, List<Relation> relations, int tests) {
    static Adjusted of(List<Trend> trends, List<Relation> relations) {
      List<Double> p = new ArrayList<>();
      trends.forEach(trend -> p.add(trend.test().twoSided()));
      relations.stream()
          .flatMap(Relation::associations)
          .forEach(association -> p.add(association.spearman().p()));
      double[] holm = Holm.adjusted(p);
      List<Trend> corrected = new ArrayList<>();
      int next = 0;
      for (Trend trend : trends) {
        corrected.add(trend.adjusted(holm[next++]));
      }
      List<Relation> related = new ArrayList<>();
      for (Relation relation : relations) {
        Association marginal = relation.marginal();
        Association partial = relation.partial();
        related.add(
            new Relation(
                relation.response(),
                relation.quality(),
                marginal == null ? null : marginal.adjusted(holm[next++]),
                partial == null ? null : partial.adjusted(holm[next++])));
      }
      return new Adjusted(corrected, related, holm.length);
    }
  }

  /** This as JSON. */
  public String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("statistics: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * The trend along an axis, if runs can be compared along it.
   *
   * @param response rank or share
   */
  public Optional<Trend> trend(Quantity response, SettingAxis axis) {
    return trends.stream()
        .filter(trend -> trend.response() == response && trend.axis() == axis)
        .findFirst();
  }
}
