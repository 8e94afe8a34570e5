package io.rankfall.train.theory;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.GradientFactors;
import io.rankfall.train.Optimizer;
import io.rankfall.train.theory.TheoryPlan.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What {@link TheoryProbe} hears of one layer, handed on to the checks that want it. */
final class LayerProbe {
  private final String name;
  private final Shape shape;
  private final int batchSize;
  private final TheoryPlan plan;
  private final NormLog norms;
  private final LayerBounds bounds;
  private final Unrolling unrolling;
  private final MovementLog movements;

  /** Holds one step's gradient, where it need not be remembered. */
  private final UpdateMemory scratch;

  private @Nullable Matrix approach;
  private final List<GradientRank> gradients = new ArrayList<>();

  LayerProbe(
      String name,
      Shape shape,
      Optimizer optimizer,
      int batchSize,
      TheoryPlan plan,
      TheorySettings settings) {
    this.name = name;
    this.shape = shape;
    this.batchSize = batchSize;
    this.plan = plan;
    this.norms = new NormLog(shape, optimizer, plan);
    this.bounds = new LayerBounds(shape, plan, settings.epsilons(), norms);
    this.unrolling = new Unrolling(name, shape, batchSize, plan, norms);
    this.movements = new MovementLog(shape, optimizer, batchSize, plan, norms);
    this.scratch = new UpdateMemory(shape.rows(), shape.cols(), 1);
  }

  /** Step {@code step} is under way: G = ΔᵀX. */
  void gradient(long step, GradientFactors factors) {
    if (looksAt(step)) {
      gradient(step, memory(step).put(step, factors, batchSize), factors.rows());
    } else {
      norms.skip();
    }
  }

  /**
   * As above, G as a matrix.
   *
   * @param rows b
   */
  void gradient(long step, Matrix gradient, int rows) {
    gradient(step, memory(step).put(step, gradient), rows);
  }

  boolean looksAt(long step) {
    return plan.logsRounding(step)
        || plan.unrolling().remembers(step)
        || plan.samplesGradients(step);
  }

  /** A step whose gradient is not looked at. */
  void skip() {
    norms.skip();
  }

  private UpdateMemory memory(long step) {
    return plan.unrolling().remembers(step) ? unrolling.memory() : scratch;
  }

  private void gradient(long step, UpdateMemory.Update update, int rows) {
    double size = update.size();
    if (plan.logsRounding(step)) {
      // Of a matrix the terms are not known: an estimate, as if the examples' were orthogonal.
      norms.step(step, rows, update.factored() ? size : Math.sqrt(rows) * size);
    } else {
      norms.skip();
    }
    // NaN has no rank, and ends the training with this step.
    if (plan.samplesGradients(step) && Double.isFinite(size)) {
      gradients.add(
          update.factored()
              ? GradientRank.ofFactors(
                  name, step, update.deltas(), update.inputs(), plan.mostExactFactors())
              : GradientRank.ofMatrix(
                  name, step, update.matrix(), (long) rows * shape.positions()));
    }
  }

  /** ‖W‖ behind a step. */
  void norm(long step, double norm) {
    norms.measured(step, norm);
  }

  /** W behind a step. */
  void copy(long step, Matrix weights) {
    unrolling.copy(step, weights);
  }

  /** W before a step whose velocity is measured. */
  void approach(Matrix weights) {
    approach = weights;
  }

  /** W behind that step. */
  void velocity(long step, Matrix weights) {
    if (approach != null) {
      norms.copied(step, approach, weights);
      approach = null;
    }
  }

  /** W behind the first step of an epoch. */
  void moved(long step, Matrix weights) {
    movements.firstStep(step, weights);
  }

  /**
   * The end of an epoch, with its measured spectrum.
   *
   * @param weights copies W when asked
   */
  void epoch(int epoch, long step, double norm, Spectrum spectrum, Supplier<Matrix> weights) {
    MeasuredSpectrum sigma = new MeasuredSpectrum(spectrum);
    norms.measured(step, norm);
    norms.forgetBefore(step);
    bounds.epoch(epoch, step, norm, sigma);
    boolean unrolls = !plan.unrolling().identitySteps(step).isEmpty();
    if (plan.measuresMovement() || unrolls) {
      Matrix copy = weights.get();
      if (plan.measuresMovement()) {
        movements.epoch(epoch, norm, sigma, copy);
      }
      if (unrolls) {
        unrolling.check(step, copy, norm, sigma);
      }
    }
  }

  /** At how many steps the rank of the gradient was measured. */
  int sampledGradients() {
    return gradients.size();
  }

  /** All that was found. */
  LayerTheory found() {
    return new LayerTheory(
        name,
        shape.rows(),
        shape.cols(),
        shape.positions(),
        gradients,
        unrolling.identity(),
        unrolling.witness(),
        bounds.epochs(),
        movements.movements());
  }
}
