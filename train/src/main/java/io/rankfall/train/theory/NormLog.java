package io.rankfall.train.theory;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.Optimizer;
import io.rankfall.train.theory.TheoryPlan.Shape;
import java.util.NavigableSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The norms of one layer's weights that were measured, and what each step can have rounded. */
final class NormLog {
  private final TheoryPlan plan;
  private final RoundingLog rounding;
  private final TreeMap<Long, Double> norms = new TreeMap<>();

  NormLog(Shape shape, Optimizer optimizer, TheoryPlan plan) {
    this.plan = plan;
    this.rounding =
        new RoundingLog(optimizer, (long) shape.rows() * shape.cols(), plan.longestReach());
  }

  /** ‖W‖ behind the step that was told last. */
  void measured(long step, double norm) {
    norms.put(step, norm);
    rounding.measured(norm);
  }

  /** W around the step that was told last. */
  void copied(long step, Matrix before, Matrix after) {
    rounding.copied(plan.rates().at(step), before, after);
  }

  /** Step {@code step} on a batch of b rows, with S = Σ‖δ‖·‖x‖. */
  void step(long step, int rows, double terms) {
    rounding.add(step, plan.rates().at(step), rows, terms);
  }

  /** A step whose rounding nobody will ask for. */
  void skip() {
    rounding.skip();
  }

  /** Drops the norms that no check behind {@code step} can ask for. */
  void forgetBefore(long step) {
    norms.headMap(step - plan.longestReach() - 2, false).clear();
  }

  /** The steps before the given one with a measured norm, the latest first. */
  NavigableSet<Long> before(long step) {
    return norms.headMap(step, false).descendingKeySet();
  }

  /** |p_n|·‖W_{T−n}‖ + |q_n|·‖W_{T−n−1}‖; null where one of the norms was not measured. */
  @Nullable Double remainder(long end, Fading fading) {
    long from = end - fading.steps();
    Double last = norms.get(from);
    Double before = fading.lastButOne() == 0 ? Double.valueOf(0) : norms.get(Math.max(0, from - 1));
    return last == null || before == null
        ? null
        : Math.abs(fading.last()) * last + Math.abs(fading.lastButOne()) * before;
  }

  /** What is left at T of the roundings of its last n steps. */
  double roundingLeft(long end, long steps) {
    return rounding.left(plan.recursion(), plan.rates(), end, steps);
  }

  /** What the given step can have added to the weights by rounding. */
  double roundingOf(long step) {
    return rounding.ofStep(step);
  }
}
