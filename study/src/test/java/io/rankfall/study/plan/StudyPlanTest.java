package io.rankfall.study.plan;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.study.plan.WeightDecayEstimate.Method;
import io.rankfall.study.statistics.RunSummary;
import io.rankfall.study.statistics.RunSummary.Measured;
import io.rankfall.study.statistics.RunSummary.Outcome;
import io.rankfall.study.statistics.RunTable;
import io.rankfall.train.Optimizer;
import io.rankfall.train.plan.Memory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StudyPlanTest {
  private static final double FULL = 100;
  private static final int EXAMPLES = 60_000;

  /** ln(r/(full − r)) = 1 + 0.8·ln B − 0.6·ln μ − 0.9·ln(wd) − 12 + e. */
  private static double logit(int batch, double rate, double decay, double e) {
    return -11 + 0.8 * Math.log(batch) - 0.6 * Math.log(rate) - 0.9 * Math.log(decay) + e;
  }

  private static double rank(int batch, double rate, double decay, double e) {
    return FULL / (1 + Math.exp(-logit(batch, rate, decay, e)));
  }

  /** The wd that a setting with deviation e needs, the law solved. */
  private static double needed(int batch, double rate, double rank, double e) {
    double rest = logit(batch, rate, 1, e) - Math.log(rank / (FULL - rank));
    return Math.exp(rest / 0.9);
  }

  private static RunSummary run(
      int batch, double rate, double decay, long seed, @Nullable Measured measured) {
    return new RunSummary(
        "%d-%s-%s-%d".formatted(batch, rate, decay, seed),
        "net",
        batch,
        rate,
        decay,
        seed,
        measured == null ? Outcome.DIVERGED : Outcome.COMPLETED,
        10,
        measured);
  }

  /** 3 × 3 × 3 settings of two seeds by the law, each setting with a deviation of its own. */
  private static List<RunSummary> study(double deviation, SplittableRandom random) {
    List<RunSummary> runs = new ArrayList<>();
    for (int batch : new int[] {8, 32, 128}) {
      for (double rate : new double[] {0.02, 0.1, 0.5}) {
        for (double decay : new double[] {5e-5, 5e-4, 5e-3}) {
          double e = deviation * random.nextGaussian();
          for (long seed = 1; seed <= 2; seed++) {
            runs.add(
                run(
                    batch,
                    rate,
                    decay,
                    seed,
                    new Measured(rank(batch, rate, decay, e), 0.95, 0.88, null)));
          }
        }
      }
    }
    return runs;
  }

  private static StudyPlan ask(List<RunSummary> runs, Question question) {
    return ask(runs, question, new NetworkTraining(FULL, EXAMPLES, Optimizer.Method.SGD, 0));
  }

  private static StudyPlan ask(List<RunSummary> runs, Question question, NetworkTraining training) {
    Map<String, NetworkTraining> all =
        runs.stream().collect(Collectors.toMap(RunSummary::id, run -> training));
    return StudyPlan.of(new RunTable("made-up ranks", 10_000, runs), all, question);
  }

  private static Question question(double rank, double accuracy, int batch, double rate) {
    return new Question(new Wish(rank, accuracy), List.of(batch), List.of(rate));
  }

  private static WeightDecayEstimate estimate(List<RunSummary> runs, Question question) {
    return ask(runs, question).networks().get(0).estimates().get(0);
  }

  @Test
  void theLawWithoutNoiseIsRecovered() {
    List<RunSummary> runs = study(0, new SplittableRandom(1));
    WeightDecayEstimate found = estimate(runs, question(40, 0, 16, 0.05));
    assertThat(found.method()).isEqualTo(Method.LAW);
    assertThat(requireNonNull(found.weightDecay()))
        .isCloseTo(needed(16, 0.05, 40, 0), within(1e-9));
    assertThat(found.extrapolated()).isEmpty();
    assertThat(requireNonNull(found.memory()))
        .isEqualTo(Memory.of(16, 0.05 * requireNonNull(found.weightDecay()), EXAMPLES));
  }

  @ParameterizedTest
  @CsvSource({"SGD, 0, 1", "SGD, 0.9, 0.1", "NESTEROV, 0.5, 0.5", "ADAMW, 0, 1", "MUON, 0, 1"})
  void theMemoryIsThatOfTheOptimizerAndTheData(
      Optimizer.Method method, double momentum, double share) {
    NetworkTraining training = new NetworkTraining(FULL, 3000, method, momentum);
    NetworkPlan plan =
        ask(study(0, new SplittableRandom(1)), question(40, 0, 16, 0.05), training)
            .networks()
            .get(0);
    WeightDecayEstimate found = plan.estimates().get(0);
    double product = 0.05 * requireNonNull(found.weightDecay());
    assertThat(requireNonNull(found.memory()).epochs())
        .isCloseTo(share * 16 / (product * 3000), within(1e-9));
    assertThat(plan.training()).isEqualTo(training);
  }

  @Test
  void theIntervalCoversWhatANewSettingNeedsAsOftenAsItSays() {
    SplittableRandom random = new SplittableRandom(11);
    int studies = 400;
    int covered = 0;
    for (int i = 0; i < studies; i++) {
      WeightDecayEstimate found = estimate(study(0.4, random), question(40, 0, 16, 0.05));
      double truth = needed(16, 0.05, 40, 0.4 * random.nextGaussian());
      covered +=
          requireNonNull(found.low()) <= truth && truth <= requireNonNull(found.high()) ? 1 : 0;
    }
    // 4 standard errors around 380.
    assertThat(covered).isBetween(362, 397);
  }

  @Test
  void betweenTwoRunsTheRunsDecide() {
    List<RunSummary> runs = study(0.4, new SplittableRandom(3));
    WeightDecayEstimate found = estimate(runs, question(40, 0, 32, 0.1));
    assertThat(found.method()).isEqualTo(Method.BETWEEN_RUNS);
    assertThat(found.low()).isEqualTo(5e-4);
    assertThat(found.high()).isEqualTo(5e-3);
    assertThat(requireNonNull(found.weightDecay())).isBetween(5e-4, 5e-3);
    // Without deviations the line between two runs is the law itself.
    WeightDecayEstimate exact =
        estimate(study(0, new SplittableRandom(3)), question(40, 0, 32, 0.1));
    assertThat(requireNonNull(exact.weightDecay()))
        .isCloseTo(needed(32, 0.1, 40, 0), within(1e-12));
  }

  @Test
  void extrapolationIsSaid() {
    List<RunSummary> runs = study(0.1, new SplittableRandom(4));
    assertThat(estimate(runs, question(40, 0, 512, 0.005)).extrapolated())
        .containsExactly("B above 128", "µ below 0.02", "wd above 0.005");
    assertThat(estimate(runs, question(0.6, 0, 16, 0.05)).extrapolated())
        .anyMatch(outside -> outside.startsWith("rank below"));
  }

  @Test
  void measuredRunsBoundTheLaw() {
    // With this B and μ even the largest decay leaves rank 99.
    List<RunSummary> runs = new ArrayList<>(study(0.1, new SplittableRandom(5)));
    runs.add(run(16, 0.1, 0.02, 1, new Measured(99, 0.95, 0.88, null)));
    WeightDecayEstimate found = estimate(runs, question(40, 0, 16, 0.1));
    assertThat(requireNonNull(found.weightDecay())).isGreaterThanOrEqualTo(0.02);
    runs.add(run(64, 0.1, 1e-5, 1, new Measured(2, 0.95, 0.88, null)));
    assertThat(requireNonNull(estimate(runs, question(40, 0, 64, 0.1)).weightDecay()))
        .isLessThanOrEqualTo(1e-5);
  }

  @Test
  void settingsThatMeetTheWishComeMostAccurateFirst() {
    List<RunSummary> runs = new ArrayList<>();
    double[][] outcomes = {{30, .86}, {35, .90}, {30, .90}, {50, .91}, {20, .80}};
    for (int s = 0; s < outcomes.length; s++) {
      for (long seed = 1; seed <= 3; seed++) {
        double rank = outcomes[s][0] + (seed == 1 ? 1 : seed == 2 ? -1 : 0);
        double accuracy = outcomes[s][1] + 0.01 * (seed - 2);
        runs.add(run(8, 0.1, 1e-3 * (s + 1), seed, new Measured(rank, 0.95, accuracy, null)));
      }
    }
    // A setting that often fails is no recommendation, and one that never ends well is no outcome.
    runs.add(run(16, 0.1, 1e-3, 1, new Measured(10, 0.95, 0.95, null)));
    runs.add(run(16, 0.1, 1e-3, 2, null));
    runs.add(run(16, 0.1, 2e-3, 2, new Measured(1, 0.1, 0.1, null)));
    NetworkPlan plan = ask(runs, question(35, 0.855, 8, 0.1)).networks().get(0);
    assertThat(plan.reached())
        .extracting(SettingOutcome::weightDecay)
        .containsExactly(3e-3, 2e-3, 1e-3);
    assertThat(plan.reached()).extracting(SettingOutcome::met).containsExactly(3, 2, 2);
    assertThat(plan.reached().get(0).rank()).isEqualTo(new Spread(29, 30, 31));
    assertThat(plan.settings()).isEqualTo(6);
    assertThat(plan.smallest()).isEmpty();
    NetworkPlan none = ask(runs, question(15, 0.85, 8, 0.1)).networks().get(0);
    assertThat(none.reached()).isEmpty();
    assertThat(none.smallest()).extracting(s -> s.rank().median()).containsExactly(10.0, 30.0);
    assertThat(none.smallest().get(0).lost()).isEqualTo(1);
    assertThat(none.mostAccurate()).extracting(SettingOutcome::batchSize).containsExactly(16);
    assertThat(ask(runs, question(15, 0.85, 8, 0.1)).isReached()).isFalse();
  }

  @Test
  void aRankThatIsFullNeedsNothing() {
    List<RunSummary> runs = study(0, new SplittableRandom(1));
    NetworkPlan plan = ask(runs, question(100, 0.8, 16, 0.1)).networks().get(0);
    assertThat(plan.estimates()).isEmpty();
    assertThat(plan.reached()).hasSize(27);
  }

  @Test
  void tooFewSettingsGiveNoLaw() {
    List<RunSummary> runs =
        study(0.1, new SplittableRandom(1)).stream()
            .filter(run -> run.batchSize() == 8 && run.learningRate() == 0.1)
            .toList();
    NetworkPlan plan = ask(runs, question(1, 0, 16, 0.1)).networks().get(0);
    assertThat(plan.law()).isNull();
    assertThat(plan.estimates()).isEmpty();
  }

  @Test
  void ranksThatDoNotFallWithDecayLeaveItOpen() {
    SplittableRandom random = new SplittableRandom(8);
    List<RunSummary> runs =
        study(0, random).stream()
            .map(
                run ->
                    run(
                        run.batchSize(),
                        run.learningRate(),
                        run.weightDecay(),
                        run.seed(),
                        new Measured(50 + 10 * random.nextDouble(), 0.9, 0.88, null)))
            .toList();
    WeightDecayEstimate found = estimate(runs, question(20, 0, 16, 0.05));
    assertThat(found.low()).isNull();
    assertThat(found.high()).isNull();
  }

  @Test
  void aDecayThatNoTrainingCanHaveIsNone() {
    List<RunSummary> runs =
        study(0, new SplittableRandom(8)).stream()
            .map(
                run ->
                    run(
                        run.batchSize(),
                        run.learningRate(),
                        run.weightDecay(),
                        run.seed(),
                        new Measured(50 - 1e-3 * Math.log(run.weightDecay()), 0.9, 0.88, null)))
            .toList();
    WeightDecayEstimate found = estimate(runs, question(20, 0, 16, 0.05));
    assertThat(found.weightDecay()).isNull();
    assertThat(found.memory()).isNull();
  }

  @Test
  void theOrderOfRunsDoesNotMatter() {
    List<RunSummary> runs = study(0.3, new SplittableRandom(9));
    List<RunSummary> shuffled = new ArrayList<>(runs);
    Collections.shuffle(shuffled, new Random(2));
    Question question = question(40, 0.8, 16, 0.05);
    assertThat(ask(shuffled, question)).isEqualTo(ask(runs, question));
    assertThat(ask(runs, question).json()).contains("\"method\" : \"LAW\"");
  }

  @Test
  void whatIsNoQuestionIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Wish(0, 0.5));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Wish(3, 88))
        .withMessage("accuracy: expected 0 to 1, found 88.0");
    assertThatIllegalArgumentException().isThrownBy(() -> question(3, 0.5, 0, 0.1));
    assertThatIllegalArgumentException().isThrownBy(() -> question(3, 0.5, 4, 0));
  }
}
