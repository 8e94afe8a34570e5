package io.rankfall.study.plan;

import io.rankfall.study.plan.NetworkPlan.Law;
import io.rankfall.study.plan.NetworkPlan.NearRank;
import io.rankfall.study.plan.WeightDecayEstimate.Method;
import io.rankfall.study.statistics.Interval;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Plans one network from the outcomes of its settings. */
final class Planner {
  /** How many settings that came near are told. */
  private static final int NEAREST = 2;

  private static final double NEAR = 1.25;

  private static final Comparator<SettingOutcome> BY_ACCURACY =
      Comparator.comparingDouble((SettingOutcome s) -> -s.testAccuracy().median())
          .thenComparingDouble(s -> s.rank().median());

  private static final Comparator<SettingOutcome> BY_RANK =
      Comparator.comparingDouble((SettingOutcome s) -> s.rank().median())
          .thenComparingDouble(s -> -s.testAccuracy().median());

  private final String network;
  private final NetworkTraining training;
  private final double fullRank;
  private final List<SettingOutcome> outcomes;
  private final Question question;
  private final List<SettingOutcome> fitted;
  private final @Nullable WeightDecayFit fit;

  /**
   * @param outcomes of all settings of which a run learned something
   * @param guessing test accuracy of a network that knows nothing
   */
  Planner(
      String network,
      NetworkTraining training,
      List<SettingOutcome> outcomes,
      double guessing,
      Question question) {
    this.network = network;
    this.training = training;
    this.fullRank = training.fullRank();
    this.outcomes = outcomes;
    this.question = question;
    double best =
        outcomes.stream().mapToDouble(s -> s.testAccuracy().median()).max().orElse(guessing);
    // A training that collapsed half-way has a rank, but not that of a network anybody wants.
    this.fitted =
        outcomes.stream()
            .filter(s -> s.weightDecay() > 0)
            .filter(s -> s.testAccuracy().median() >= (best + guessing) / 2)
            .toList();
    this.fit = WeightDecayFit.of(fitted, fullRank).orElse(null);
  }

  NetworkPlan plan() {
    Wish wish = question.wish();
    List<SettingOutcome> reached =
        outcomes.stream().filter(s -> s.meets(wish)).sorted(BY_ACCURACY).toList();
    boolean none = reached.isEmpty();
    return new NetworkPlan(
        network,
        training,
        outcomes.size(),
        reached,
        none ? nearest(s -> s.testAccuracy().median() >= wish.minAccuracy(), BY_RANK) : List.of(),
        none ? nearest(s -> s.rank().median() <= wish.rank(), BY_ACCURACY) : List.of(),
        fit == null ? null : new Law(fitted.size(), fit.rSquared()),
        wish.rank() < fullRank ? estimates() : List.of(),
        nearRank());
  }

  private List<SettingOutcome> nearest(
      Predicate<SettingOutcome> condition, Comparator<SettingOutcome> order) {
    return outcomes.stream().filter(condition).sorted(order).limit(NEAREST).toList();
  }

  private @Nullable NearRank nearRank() {
    double rank = question.wish().rank();
    List<Double> accuracies =
        outcomes.stream()
            .filter(s -> s.rank().median() <= rank * NEAR && s.rank().median() >= rank / NEAR)
            .map(s -> s.testAccuracy().median())
            .toList();
    return accuracies.isEmpty()
        ? null
        : new NearRank(NEAR, accuracies.size(), Spread.of(accuracies));
  }

  private List<WeightDecayEstimate> estimates() {
    List<WeightDecayEstimate> estimates = new ArrayList<>();
    for (int batch : question.batchSizesOr(new TreeSet<>(all(SettingOutcome::batchSize)))) {
      for (double rate :
          question.learningRatesOr(new TreeSet<>(all(SettingOutcome::learningRate)))) {
        estimate(batch, rate).ifPresent(estimates::add);
      }
    }
    return estimates;
  }

  private <T> List<T> all(Function<SettingOutcome, T> value) {
    return outcomes.stream().map(value).toList();
  }

  /** Empty where neither runs nor a law say anything. */
  private Optional<WeightDecayEstimate> estimate(int batchSize, double learningRate) {
    List<SettingOutcome> here =
        outcomes.stream()
            .filter(s -> s.batchSize() == batchSize && s.learningRate() == learningRate)
            .sorted(Comparator.comparingDouble(SettingOutcome::weightDecay))
            .toList();
    double rank = question.wish().rank();
    SettingOutcome above = null;
    SettingOutcome below = null;
    for (SettingOutcome s : here) {
      if (s.rank().median() > rank) {
        above = s;
        below = null;
      } else if (below == null) {
        below = s;
      }
    }
    if (above != null && below != null && above.weightDecay() > 0) {
      return Optional.of(between(above, below));
    }
    return fit == null
        ? Optional.empty()
        : Optional.of(byLaw(fit, batchSize, learningRate, above, below));
  }

  private WeightDecayEstimate between(SettingOutcome above, SettingOutcome below) {
    double from = WeightDecayFit.logit(above.rank().median(), fullRank);
    double to = WeightDecayFit.logit(below.rank().median(), fullRank);
    double at = WeightDecayFit.logit(question.wish().rank(), fullRank);
    double share = from == to ? 1 : (from - at) / (from - to);
    double decay =
        Math.exp(
            (1 - share) * Math.log(above.weightDecay()) + share * Math.log(below.weightDecay()));
    return new WeightDecayEstimate(
        above.batchSize(),
        above.learningRate(),
        Method.BETWEEN_RUNS,
        decay,
        above.weightDecay(),
        below.weightDecay(),
        training.memory(above.batchSize(), above.learningRate(), decay),
        List.of());
  }

  /**
   * The law's answer, corrected by what runs with this B and μ show: more is needed than a decay
   * that did not suffice, and none more than one that did.
   */
  private WeightDecayEstimate byLaw(
      WeightDecayFit law,
      int batchSize,
      double learningRate,
      @Nullable SettingOutcome above,
      @Nullable SettingOutcome below) {
    double rank = question.wish().rank();
    double least = above == null ? 0 : above.weightDecay();
    double most = below == null ? Double.POSITIVE_INFINITY : below.weightDecay();
    Double raw = law.weightDecay(batchSize, learningRate, rank);
    Double bounded = raw == null ? null : Double.valueOf(Math.min(Math.max(raw, least), most));
    Double decay = bounded != null && learningRate * bounded < 1 ? bounded : null;
    Interval interval = law.interval(batchSize, learningRate, rank);
    boolean apart = interval == null || interval.high() < least || interval.low() > most;
    return new WeightDecayEstimate(
        batchSize,
        learningRate,
        Method.LAW,
        decay,
        interval == null || apart ? null : Double.valueOf(Math.max(interval.low(), least)),
        interval == null || apart ? null : Double.valueOf(Math.min(interval.high(), most)),
        decay == null ? null : training.memory(batchSize, learningRate, decay),
        extrapolated(batchSize, learningRate, decay));
  }

  private List<String> extrapolated(
      int batchSize, double learningRate, @Nullable Double weightDecay) {
    List<String> outside = new ArrayList<>();
    outside(outside, "B", batchSize, SettingOutcome::batchSize);
    outside(outside, "µ", learningRate, SettingOutcome::learningRate);
    if (weightDecay != null) {
      outside(outside, "wd", weightDecay, SettingOutcome::weightDecay);
    }
    outside(outside, "rank", question.wish().rank(), s -> s.rank().median());
    return outside;
  }

  private void outside(
      List<String> found, String name, double value, ToDoubleFunction<SettingOutcome> axis) {
    double least = fitted.stream().mapToDouble(axis).min().orElseThrow();
    double most = fitted.stream().mapToDouble(axis).max().orElseThrow();
    if (value < least) {
      found.add("%s below %s".formatted(name, number(least)));
    }
    if (value > most) {
      found.add("%s above %s".formatted(name, number(most)));
    }
  }

  private static String number(double value) {
    return "%.4g"
        .formatted(value)
        .replaceFirst("(\\.\\d*?)0+(?=e|$)", "$1")
        .replaceFirst("\\.(?=e|$)", "");
  }
}
