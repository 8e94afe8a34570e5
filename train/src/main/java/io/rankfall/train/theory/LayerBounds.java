package io.rankfall.train.theory;

import io.rankfall.train.theory.BoundCheck.Measured;
import io.rankfall.train.theory.EpochBounds.EpsilonCheck;
import io.rankfall.train.theory.TheoryPlan.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One layer's bounds, epoch by epoch, beside its measured ranks. */
final class LayerBounds {
  private final Shape shape;
  private final TheoryPlan plan;
  private final List<Double> epsilons;
  private final NormLog norms;
  private final List<EpochBounds> epochs = new ArrayList<>();

  LayerBounds(Shape shape, TheoryPlan plan, List<Double> epsilons, NormLog norms) {
    this.shape = shape;
    this.plan = plan;
    this.epsilons = epsilons;
    this.norms = norms;
  }

  /** The end of an epoch, with its measured spectrum. */
  void epoch(int epoch, long step, double norm, MeasuredSpectrum spectrum) {
    epochs.add(
        new EpochBounds(
            epoch,
            step,
            norm,
            epsilons.stream().map(epsilon -> check(step, epsilon, norm, spectrum)).toList()));
  }

  List<EpochBounds> epochs() {
    return epochs;
  }

  private EpsilonCheck check(long step, double epsilon, double norm, MeasuredSpectrum spectrum) {
    int rank = spectrum.epsilonRank(epsilon);
    MemoryWindow window = plan.window(step, epsilon);
    RankBound bound = plan.bound(window, shape);
    Long n = window.steps();
    if (n == null || bound.vacuous() || n > step) {
      Long needed =
          bound.vacuous()
              ? null
              : MemoryWindow.stepsNeeded(plan.recursion(), plan.rates(), epsilon);
      BoundCheck apriori = BoundCheck.of(bound, new Measured(rank, step, norm, null, 0), needed);
      return new EpsilonCheck(apriori, null);
    }
    Fading fading = new Fading(plan.recursion(), plan.rates(), step);
    fading.backTo(n);
    Double remainder = norms.remainder(step, fading);
    double added = norms.roundingLeft(step, n) + spectrum.uncertainty();
    BoundCheck apriori =
        BoundCheck.of(bound, new Measured(rank, step, norm, remainder, added), null);
    return new EpsilonCheck(apriori, shortest(step, epsilon, norm, rank, spectrum));
  }

  /** The shortest window between measured norms whose premise is true. */
  private @Nullable BoundCheck shortest(
      long step, double epsilon, double norm, int rank, MeasuredSpectrum spectrum) {
    Fading fading = new Fading(plan.recursion(), plan.rates(), step);
    for (long from : norms.before(step)) {
      long n = step - from;
      RankBound bound =
          plan.bound(new MemoryWindow(epsilon, n, plan.recursion().gradients(n)), shape);
      if (bound.vacuous() || n > plan.longestReach()) {
        return null;
      }
      fading.backTo(n);
      Double remainder = norms.remainder(step, fading);
      if (remainder != null && remainder <= epsilon * norm) {
        double added = norms.roundingLeft(step, n) + spectrum.uncertainty();
        BoundCheck check =
            BoundCheck.of(bound, new Measured(rank, step, norm, remainder, added), null);
        if (check.verdict() != Verdict.NOT_YET) {
          return check;
        }
      }
    }
    return null;
  }
}
