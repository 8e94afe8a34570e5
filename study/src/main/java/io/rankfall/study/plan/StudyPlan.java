package io.rankfall.study.plan;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.study.statistics.RunCounts;
import io.rankfall.study.statistics.RunSummary;
import io.rankfall.study.statistics.RunTable;
import io.rankfall.study.statistics.Selection;
import io.rankfall.study.statistics.SetApart;
import io.rankfall.study.store.StoredRun;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which settings to train with for a network of low rank that is still accurate, as measured runs
 * tell.
 *
 * @param rankMeasure how ranks were counted, in words
 * @param runs how many were asked, and set apart
 * @param networks in the order of their names; each answers for itself
 */
public record StudyPlan(
    int formatVersion,
    Question question,
    String rankMeasure,
    RunCounts runs,
    List<NetworkPlan> networks) {
  public static final int FORMAT_VERSION = 1;

  private static final Set<SetApart.Reason> LOST =
      EnumSet.of(SetApart.Reason.DIVERGED, SetApart.Reason.UNTRAINED);

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public StudyPlan {
    networks = List.copyOf(networks);
  }

  /**
   * How each run was trained.
   *
   * @param examples to train on, of every data set of the runs
   */
  public static Map<String, NetworkTraining> trainings(
      List<StoredRun> runs, Map<String, Integer> examples) {
    return runs.stream()
        .collect(
            Collectors.toMap(
                StoredRun::id,
                run -> {
                  String dataset = run.spec().dataset();
                  return NetworkTraining.of(
                      run.spec(), requireNonNull(examples.get(dataset), dataset));
                },
                (a, b) -> a));
  }

  /**
   * Asks the runs. Their order does not matter.
   *
   * @param trainings of every run, by its id
   */
  public static StudyPlan of(
      RunTable table, Map<String, NetworkTraining> trainings, Question question) {
    Selection selection = Selection.of(table);
    Map<String, RunSummary> byId = new HashMap<>();
    table.runs().forEach(run -> byId.put(run.id(), run));
    Map<RunSummary.Setting, Integer> lost = new HashMap<>();
    for (SetApart apart : selection.apart()) {
      if (LOST.contains(apart.reason())) {
        lost.merge(requireNonNull(byId.get(apart.run()), apart.run()).setting(), 1, Integer::sum);
      }
    }
    Map<String, List<RunSummary>> networks =
        selection.used().stream()
            .collect(
                Collectors.groupingBy(RunSummary::others, LinkedHashMap::new, Collectors.toList()));
    List<NetworkPlan> plans = new ArrayList<>();
    networks.forEach(
        (network, runs) ->
            plans.add(
                new Planner(
                        network,
                        requireNonNull(trainings.get(runs.get(0).id()), network),
                        outcomes(runs, lost, question.wish()),
                        1.0 / runs.get(0).classes(),
                        question)
                    .plan()));
    return new StudyPlan(FORMAT_VERSION, question, table.rankMeasure(), selection.counts(), plans);
  }

  private static List<SettingOutcome> outcomes(
      List<RunSummary> runs, Map<RunSummary.Setting, Integer> lost, Wish wish) {
    return runs.stream()
        .collect(
            Collectors.groupingBy(RunSummary::setting, LinkedHashMap::new, Collectors.toList()))
        .entrySet()
        .stream()
        .map(e -> SettingOutcome.of(e.getValue(), lost.getOrDefault(e.getKey(), 0), wish))
        .toList();
  }

  /** Whether any setting of any network meets the wish. */
  public boolean isReached() {
    return networks.stream().anyMatch(network -> !network.reached().isEmpty());
  }

  /** This as JSON. */
  public String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plan: " + e.getOriginalMessage(), e);
    }
  }
}
