package io.rankfall.train.theory;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.StepRounding;
import io.rankfall.train.theory.TheoryPlan.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One layer's weights put together again from remembered gradients and older weights. */
final class Unrolling {
  private final String name;
  private final Shape shape;
  private final int batchSize;
  private final TheoryPlan plan;
  private final NormLog norms;
  private final UpdateMemory memory;
  private final TreeMap<Long, Matrix> copies = new TreeMap<>();
  private final List<IdentityCheck> identity = new ArrayList<>();
  private final List<WitnessPoint> witness = new ArrayList<>();

  Unrolling(String name, Shape shape, int batchSize, TheoryPlan plan, NormLog norms) {
    this.name = name;
    this.shape = shape;
    this.batchSize = batchSize;
    this.plan = plan;
    this.norms = norms;
    this.memory =
        new UpdateMemory(
            shape.rows(), shape.cols(), Math.max(1, plan.unrolling().rememberedSteps()));
  }

  /** Of the gradients that {@link UnrollPlan#remembers}. */
  UpdateMemory memory() {
    return memory;
  }

  /** W behind a step. */
  void copy(long step, Matrix weights) {
    copies.put(step, weights);
  }

  List<IdentityCheck> identity() {
    return identity;
  }

  List<WitnessPoint> witness() {
    return witness;
  }

  /** The identity at T, and at the last T the witness. */
  void check(long step, Matrix weights, double norm, MeasuredSpectrum spectrum) {
    List<Long> steps = plan.unrolling().identitySteps(step);
    if (norm == 0) {
      return;
    }
    List<Long> points = new ArrayList<>(steps);
    List<Long> curve = step == plan.lastStep() ? plan.unrolling().witnessSteps() : List.of();
    points.addAll(curve);
    Fading fading = new Fading(plan.recursion(), plan.rates(), step);
    try (UpdateSum sum = new UpdateSum(shape.rows(), shape.cols())) {
      long factors = 0;
      for (long n : points.stream().sorted().distinct().toList()) {
        while (fading.steps() < n) {
          long s = step - fading.steps();
          UpdateMemory.Update update = memory.get(s);
          sum.subtract(fading.gradient(), update);
          factors += update.factored() ? update.count() : (long) batchSize * shape.positions();
          fading.back();
        }
        double added = (norms.roundingLeft(step, n) + StepRounding.ofCopy(norm)) / norm;
        if (steps.contains(n)) {
          identity.add(identity(step, fading, sum, weights, norm, added));
        }
        if (curve.contains(n)) {
          witness.add(witness(step, fading, sum, weights, norm, added, factors, spectrum));
        }
      }
    }
    copies.headMap(plan.unrolling().oldestCopyAfter(step), false).clear();
  }

  private IdentityCheck identity(
      long step, Fading fading, UpdateSum sum, Matrix weights, double norm, double added) {
    long from = step - fading.steps();
    Matrix last = copy(from);
    double residual;
    double older = Math.abs(fading.last()) * last.frobeniusNorm();
    if (fading.lastButOne() == 0) {
      residual = sum.distance(new double[] {1, -fading.last()}, weights, last);
    } else {
      Matrix before = copy(Math.max(0, from - 1));
      residual =
          sum.distance(
              new double[] {1, -fading.last(), -fading.lastButOne()}, weights, last, before);
      older += Math.abs(fading.lastButOne()) * before.frobeniusNorm();
    }
    return new IdentityCheck(
        step, fading.steps(), residual / norm, added + StepRounding.ofCopy(older) / norm);
  }

  @SuppressWarnings("TooManyParameters") // Of one moment, all of it.
  private WitnessPoint witness(
      long step,
      Fading fading,
      UpdateSum sum,
      Matrix weights,
      double norm,
      double added,
      long factors,
      MeasuredSpectrum spectrum) {
    int fullRank = Math.min(shape.rows(), shape.cols());
    int most = (int) Math.min(fullRank, factors);
    Double predicted = norms.remainder(step, fading);
    return new WitnessPoint(
        fading.steps(),
        sum.distance(new double[] {1}, weights) / norm,
        predicted == null ? null : predicted / norm,
        added + MeasuredSpectrum.ERROR * Math.sqrt(fullRank),
        most,
        Spectrum.of(sum.scaled()).rank(rankRule(fullRank)),
        spectrum.bestError(most));
  }

  /** Above what measuring singular values and rounding V can add to those that are 0. */
  private RankRule rankRule(int fullRank) {
    return shape.factored()
        ? new RankRule.SpectralRelative(MeasuredSpectrum.ERROR + 0x1p-24 * Math.sqrt(fullRank))
        : new RankRule.Numerical();
  }

  private Matrix copy(long step) {
    @Nullable Matrix copy = copies.get(step);
    if (copy == null) {
      throw new IllegalStateException(
          "layer %s: expected the weights of step %d among the copies %s, found none"
              .formatted(name, step, copies.keySet()));
    }
    return copy;
  }
}
