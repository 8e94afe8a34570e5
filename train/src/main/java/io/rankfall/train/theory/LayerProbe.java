package io.rankfall.train.theory;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Norm;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.GradientFactors;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepRounding;
import io.rankfall.train.theory.BoundCheck.Measured;
import io.rankfall.train.theory.EpochBounds.EpsilonCheck;
import io.rankfall.train.theory.TheoryPlan.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What {@link TheoryProbe} keeps and finds of one layer. */
final class LayerProbe {
  /** Of {@link Spectrum}, relative to σ₁, with the rounding to single precision that follows. */
  private static final double SPECTRUM_ERROR = 1.1e-6;

  private final String name;
  private final Shape shape;
  private final Optimizer optimizer;
  private final int batchSize;
  private final TheoryPlan plan;
  private final TheorySettings settings;
  private final RoundingLog rounding;
  private final UpdateMemory memory;

  /** Holds one step's gradient, where it need not be remembered. */
  private final UpdateMemory scratch;

  private final TreeMap<Long, Double> norms = new TreeMap<>();
  private final TreeMap<Long, Matrix> copies = new TreeMap<>();
  private @Nullable Matrix epochEnd;
  private @Nullable Rest rest;

  private final List<GradientRank> gradients = new ArrayList<>();
  private final List<IdentityCheck> identity = new ArrayList<>();
  private final List<WitnessPoint> witness = new ArrayList<>();
  private final List<EpochBounds> epochs = new ArrayList<>();
  private final List<Movement> movements = new ArrayList<>();

  /** The end of an epoch whose next step has not come yet. */
  private record Rest(int epoch, @Nullable Double epochDistance, double norm, double error) {}

  LayerProbe(
      String name,
      Shape shape,
      Optimizer optimizer,
      int batchSize,
      TheoryPlan plan,
      TheorySettings settings) {
    this.name = name;
    this.shape = shape;
    this.optimizer = optimizer;
    this.batchSize = batchSize;
    this.plan = plan;
    this.settings = settings;
    this.rounding =
        new RoundingLog(optimizer, (long) shape.rows() * shape.cols(), plan.longestReach());
    this.memory = new UpdateMemory(shape.rows(), shape.cols(), Math.max(1, plan.rememberedSteps()));
    this.scratch = new UpdateMemory(shape.rows(), shape.cols(), 1);
  }

  /** Before step {@code step} moves the weights, or after: G = ΔᵀX. */
  void gradient(long step, GradientFactors factors) {
    if (looksAt(step)) {
      UpdateMemory to = plan.remembers(step) ? memory : scratch;
      gradient(step, to.put(step, factors, batchSize), factors.rows());
    } else {
      rounding.skip();
    }
  }

  void gradient(long step, Matrix gradient, int rows) {
    UpdateMemory to = plan.remembers(step) ? memory : scratch;
    gradient(step, to.put(step, gradient), rows);
  }

  boolean looksAt(long step) {
    return plan.logsRounding(step) || plan.remembers(step) || plan.samplesGradients(step);
  }

  void skip() {
    rounding.skip();
  }

  private void gradient(long step, UpdateMemory.Update update, int rows) {
    if (plan.logsRounding(step)) {
      // Of a matrix the terms are not known: an estimate, as if the examples' were orthogonal.
      double terms = update.factored() ? update.size() : Math.sqrt(rows) * update.size();
      rounding.add(step, plan.rates().at(step), rows, terms);
    } else {
      rounding.skip();
    }
    if (plan.samplesGradients(step)) {
      gradients.add(
          update.factored()
              ? GradientRank.ofFactors(name, step, update.deltas(), update.inputs())
              : GradientRank.ofMatrix(
                  name, step, update.matrix(), (long) rows * shape.positions()));
    }
  }

  /** ‖W‖ behind a step. */
  void norm(long step, double norm) {
    norms.put(step, norm);
    rounding.measured(norm);
  }

  /** W behind a step. */
  void copy(long step, Matrix weights) {
    copies.put(step, weights);
  }

  /** W behind the first step of an epoch: how far it went from the end of the one before. */
  void moved(long step, Matrix weights) {
    if (rest != null && epochEnd != null) {
      double distance = weights.minus(epochEnd).frobeniusNorm();
      double added =
          rounding.ofStep(step) + 2 * StepRounding.ofCopy(rest.norm + weights.frobeniusNorm());
      double fading = plan.rates().at(step) * optimizer.weightDecay();
      movements.add(
          rest.norm == 0
              ? new Movement(rest.epoch, rest.epochDistance, null, null, 0)
              : new Movement(
                  rest.epoch,
                  rest.epochDistance,
                  distance / rest.norm,
                  optimizer.momentum() == 0 ? fading * rest.error : null,
                  (added + fading * SPECTRUM_ERROR * rest.norm * Math.sqrt(fullRank()))
                      / rest.norm));
    }
    rest = null;
  }

  private int fullRank() {
    return Math.min(shape.rows(), shape.cols());
  }

  /** The end of an epoch, with its measured spectrum. */
  void epoch(int epoch, long step, double norm, Spectrum spectrum, Matrix weights) {
    Double distance =
        epochEnd == null || epochEnd.frobeniusNorm() == 0
            ? null
            : weights.minus(epochEnd).frobeniusNorm() / epochEnd.frobeniusNorm();
    epochEnd = weights;
    norms.headMap(step - plan.longestReach() - 2, false).clear();
    rest = new Rest(epoch, distance, norm, bestError(spectrum, batchSize * shape.positions()));
    epochs.add(
        new EpochBounds(
            epoch,
            step,
            norm,
            settings.epsilons().stream()
                .map(epsilon -> check(step, epsilon, norm, spectrum))
                .toList()));
  }

  /** e_r: √(Σ_{i>r} σ²)/‖W‖. */
  static double bestError(Spectrum spectrum, int rank) {
    double tail = 0;
    for (int i = spectrum.size() - 1; i >= rank; i--) {
      tail += spectrum.sigma(i) * spectrum.sigma(i);
    }
    double norm = spectrum.frobeniusNorm();
    return norm == 0 ? 0 : Math.sqrt(tail) / norm;
  }

  private EpsilonCheck check(long step, double epsilon, double norm, Spectrum spectrum) {
    int rank = spectrum.epsilonRank(epsilon, Norm.FROBENIUS);
    MemoryWindow window = plan.window(step, epsilon);
    RankBound bound = plan.bound(window, shape);
    Long n = window.steps();
    if (n == null || bound.vacuous() || n > step) {
      Long needed = MemoryWindow.stepsNeeded(plan.recursion(), plan.rates(), epsilon);
      BoundCheck apriori = BoundCheck.of(bound, new Measured(rank, step, norm, null, 0), needed);
      return new EpsilonCheck(apriori, null);
    }
    Measured measured =
        new Measured(rank, step, norm, remainder(step, n), rounding(step, n, spectrum));
    BoundCheck apriori = BoundCheck.of(bound, measured, null);
    return new EpsilonCheck(apriori, shortest(step, epsilon, norm, rank, spectrum));
  }

  private double rounding(long step, long steps, Spectrum spectrum) {
    // Singular values are measured of a rounded copy.
    return rounding.left(plan.recursion(), plan.rates(), step, steps)
        + StepRounding.ofCopy(spectrum.frobeniusNorm())
        + 2 * Math.sqrt(fullRank()) * SPECTRUM_ERROR * spectrum.spectralNorm();
  }

  /** |p_n|·‖W_{T−n}‖ + |q_n|·‖W_{T−n−1}‖; null where one of the norms was not measured. */
  private @Nullable Double remainder(long step, long steps) {
    Fading fading = new Fading(plan.recursion(), plan.rates(), step);
    while (fading.steps() < steps) {
      fading.back();
    }
    return remainder(fading, step - steps);
  }

  private @Nullable Double remainder(Fading fading, long from) {
    Double last = norms.get(from);
    Double before = fading.lastButOne() == 0 ? Double.valueOf(0) : norms.get(Math.max(0, from - 1));
    return last == null || before == null
        ? null
        : Math.abs(fading.last()) * last + Math.abs(fading.lastButOne()) * before;
  }

  /** The shortest window between measured norms whose premise is true. */
  private @Nullable BoundCheck shortest(
      long step, double epsilon, double norm, int rank, Spectrum spectrum) {
    Fading fading = new Fading(plan.recursion(), plan.rates(), step);
    NavigableMap<Long, Double> earlier = norms.headMap(step, false).descendingMap();
    for (long from : earlier.keySet()) {
      long n = step - from;
      RankBound bound =
          plan.bound(new MemoryWindow(epsilon, n, plan.recursion().gradients(n)), shape);
      if (bound.vacuous() || n > plan.longestReach()) {
        return null;
      }
      while (fading.steps() < n) {
        fading.back();
      }
      Double remainder = remainder(fading, from);
      if (remainder != null && remainder <= epsilon * norm) {
        double added = rounding(step, n, spectrum);
        BoundCheck check =
            BoundCheck.of(bound, new Measured(rank, step, norm, remainder, added), null);
        if (check.verdict() != Verdict.NOT_YET) {
          return check;
        }
      }
    }
    return null;
  }

  /** The identity at T, and at the last T the witness. */
  void unroll(long step, Matrix weights, double norm, Spectrum spectrum) {
    List<Long> steps = plan.identitySteps(step);
    if (steps.isEmpty() || norm == 0) {
      return;
    }
    List<Long> points = new ArrayList<>(steps);
    List<Long> curve = step == plan.lastStep() ? plan.witnessSteps() : List.of();
    points.addAll(curve);
    Fading fading = new Fading(plan.recursion(), plan.rates(), step);
    try (UpdateSum sum = new UpdateSum(shape.rows(), shape.cols())) {
      long factors = 0;
      for (long n : points.stream().sorted().distinct().toList()) {
        while (fading.steps() < n) {
          long s = step - fading.steps();
          UpdateMemory.Update update = memory.get(s);
          sum.subtract(fading.last() * plan.rates().at(s), update);
          factors += update.factored() ? update.count() : (long) batchSize * shape.positions();
          fading.back();
        }
        double added =
            (rounding.left(plan.recursion(), plan.rates(), step, n) + StepRounding.ofCopy(norm))
                / norm;
        if (steps.contains(n)) {
          identity.add(identity(step, fading, sum, weights, norm, added));
        }
        if (curve.contains(n)) {
          int most = (int) Math.min(fullRank(), factors);
          Double predicted = remainder(fading, step - n);
          witness.add(
              new WitnessPoint(
                  n,
                  sum.distance(new double[] {1}, weights) / norm,
                  predicted == null ? null : predicted / norm,
                  added + SPECTRUM_ERROR * Math.sqrt(fullRank()),
                  most,
                  Spectrum.of(sum.rounded())
                      .rank(
                          shape.factored()
                              ? new RankRule.SpectralRelative(WitnessPoint.RANK_TOLERANCE)
                              : new RankRule.Numerical()),
                  bestError(spectrum, most)));
        }
      }
    }
    copies.headMap(plan.oldestCopyAfter(step), false).clear();
  }

  private IdentityCheck identity(
      long step, Fading fading, UpdateSum sum, Matrix weights, double norm, double added) {
    long from = step - fading.steps();
    Matrix last = copy(from);
    Matrix before = copy(Math.max(0, from - 1));
    double residual =
        sum.distance(new double[] {1, -fading.last(), -fading.lastButOne()}, weights, last, before);
    double copied =
        StepRounding.ofCopy(
            Math.abs(fading.last()) * last.frobeniusNorm()
                + Math.abs(fading.lastButOne()) * before.frobeniusNorm());
    return new IdentityCheck(step, fading.steps(), residual / norm, added + copied / norm);
  }

  private Matrix copy(long step) {
    Matrix copy = copies.get(step);
    if (copy == null) {
      throw new IllegalStateException(
          "layer %s: expected the weights of step %d among the copies %s, found none"
              .formatted(name, step, copies.keySet()));
    }
    return copy;
  }

  /** All that was found. */
  LayerTheory found() {
    List<Movement> all = new ArrayList<>(movements);
    if (rest != null) {
      all.add(new Movement(rest.epoch, rest.epochDistance, null, null, 0));
    }
    return new LayerTheory(
        name,
        shape.rows(),
        shape.cols(),
        shape.positions(),
        gradients,
        identity,
        witness,
        epochs,
        all);
  }
}
