package io.rankfall.train.theory;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepRounding;
import io.rankfall.train.theory.TheoryPlan.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How far one layer's weights go from epoch to epoch, and in the first step of each. */
final class MovementLog {
  private final int fullRank;
  private final int gradientRank;
  private final Optimizer optimizer;
  private final LearningRates rates;
  private final NormLog norms;
  private final List<Movement> movements = new ArrayList<>();
  private @Nullable Matrix epochEnd;
  private @Nullable Rest rest;

  /** The end of an epoch whose next step has not come yet. */
  private record Rest(int epoch, @Nullable Double epochDistance, double norm, double error) {}

  MovementLog(Shape shape, Optimizer optimizer, int batchSize, TheoryPlan plan, NormLog norms) {
    this.fullRank = Math.min(shape.rows(), shape.cols());
    this.gradientRank = (int) Math.min(fullRank, (long) batchSize * shape.positions());
    this.optimizer = optimizer;
    this.rates = plan.rates();
    this.norms = norms;
  }

  /** The end of an epoch. */
  void epoch(int epoch, double norm, MeasuredSpectrum spectrum, Matrix weights) {
    double before = epochEnd == null ? 0 : epochEnd.frobeniusNorm();
    Double distance =
        epochEnd == null || before == 0 ? null : weights.minus(epochEnd).frobeniusNorm() / before;
    epochEnd = weights;
    rest = new Rest(epoch, distance, norm, spectrum.bestError(gradientRank));
  }

  /** W behind the first step of an epoch. */
  void firstStep(long step, Matrix weights) {
    if (rest != null && epochEnd != null) {
      movements.add(
          rest.norm == 0
              ? new Movement(rest.epoch, rest.epochDistance, null, null, 0)
              : movement(step, rest, weights, weights.minus(epochEnd).frobeniusNorm()));
    }
    rest = null;
  }

  private Movement movement(long step, Rest rest, Matrix weights, double distance) {
    double added =
        norms.roundingOf(step) + 2 * StepRounding.ofCopy(rest.norm + weights.frobeniusNorm());
    double fading = rates.at(step) * optimizer.weightDecay();
    double uncertain = fading * MeasuredSpectrum.ERROR * rest.norm * Math.sqrt(fullRank);
    return new Movement(
        rest.epoch,
        rest.epochDistance,
        distance / rest.norm,
        optimizer.momentum() == 0 ? fading * rest.error : null,
        (added + uncertain) / rest.norm);
  }

  /** All of them; of the last epoch without the step that did not come. */
  List<Movement> movements() {
    List<Movement> all = new ArrayList<>(movements);
    if (rest != null) {
      all.add(new Movement(rest.epoch, rest.epochDistance, null, null, 0));
    }
    return all;
  }
}
