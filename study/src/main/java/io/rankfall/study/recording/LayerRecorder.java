package io.rankfall.study.recording;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.GradientFactors;
import io.rankfall.train.GradientListener;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepResult;
import io.rankfall.train.TrainedLayers;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.theory.GradientRank;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Records one layer of a training while it runs. The training does not notice: its bits are the
 * same without it.
 */
public final class LayerRecorder implements TrainingListener {
  private final RunSpec spec;
  private final int layer;
  private final FrameSteps steps;
  private final List<Frame> frames = new ArrayList<>();
  private @Nullable Watched watched;
  private Frame.@Nullable Gradient gradient;
  private long done;
  private double loss;
  private long batches;
  private double testAccuracy;
  private boolean finite = true;

  /**
   * The layer.
   *
   * @param layers gone when the training has ended
   */
  private record Watched(TrainedLayers layers, int index, String name, int rows, int cols) {
    static Watched of(TrainedLayers layers, int index) {
      Matrix weight = layers.weight(index);
      return new Watched(layers, index, layers.names().get(index), weight.rows(), weight.cols());
    }

    Matrix weight() {
      return layers.weight(index);
    }
  }

  /**
   * For one training.
   *
   * @param layer counted from 0
   * @param steps behind which the layer is looked at
   */
  public LayerRecorder(RunSpec spec, int layer, FrameSteps steps) {
    this.spec = spec;
    this.layer = layer;
    this.steps = steps;
  }

  /**
   * Records what is there before the first step.
   *
   * @throws IllegalArgumentException in one line, if the training goes on from a checkpoint
   */
  @Override
  public void onStart(TrainedLayers layers, Consumer<GradientListener> gradients, int epoch) {
    if (epoch > 0) {
      throw new IllegalArgumentException(
          "recording: expected a training from its first step, found one resumed at epoch "
              + epoch);
    }
    watched = Watched.of(layers, layer);
    record(started());
    gradients.accept(new Gradients());
  }

  /** Hears of the gradients of step {@code done + 1}. */
  private final class Gradients implements GradientListener {
    @Override
    public void onFactors(int of, GradientFactors factors) {
      if (of == layer && wanted()) {
        int count = factors.rows();
        int rows = started().rows();
        int cols = started().cols();
        Matrix delta =
            Matrix.filled(
                count,
                rows,
                to -> {
                  for (int b = 0; b < count; b++) {
                    factors.copyDelta(b, to, b * rows);
                  }
                });
        Matrix inputs =
            Matrix.filled(
                count,
                cols,
                to -> {
                  for (int b = 0; b < count; b++) {
                    factors.copyInputs(b, to, b * cols);
                  }
                });
        keep(
            delta.transposed().times(inputs),
            () -> GradientRank.ofFactors(started().name(), done + 1, delta, inputs));
      }
    }

    @Override
    public void onGradient(int of, Supplier<Matrix> matrix) {
      if (of == layer && wanted()) {
        Matrix known = matrix.get();
        long uses = (long) spec.batchSize() * started().layers().positions(layer);
        keep(known, () -> GradientRank.ofMatrix(started().name(), done + 1, known, uses));
      }
    }

    private boolean wanted() {
      return finite && steps.contains(done + 1);
    }

    private void keep(Matrix matrix, Supplier<GradientRank> rank) {
      double norm = matrix.frobeniusNorm();
      if (!Double.isFinite(norm)) {
        // The trainer reports it as a divergence; there is nothing more to see.
        finite = false;
        return;
      }
      gradient = new Frame.Gradient(Int8Matrix.of(matrix), norm, rank.get().numerical());
    }
  }

  @Override
  public void onStep(int epoch, int step, StepResult result) {
    done++;
    loss += result.loss();
    batches++;
    if (finite && steps.contains(done)) {
      record(started());
    }
  }

  private void record(Watched watched) {
    Matrix weights = watched.weight();
    Spectrum spectrum;
    try {
      spectrum = Spectrum.of(weights);
    } catch (NonFiniteException e) {
      finite = false;
      return;
    }
    frames.add(
        new Frame(
            done,
            batches == 0 ? null : loss / batches,
            Int8Matrix.of(weights),
            spectrum,
            gradient));
    loss = 0;
    batches = 0;
  }

  @Override
  public void onEpoch(EpochRecord record) {
    testAccuracy = record.test().accuracy();
  }

  private Watched started() {
    if (watched == null) {
      throw new IllegalStateException("recording: expected a training, found none started");
    }
    return watched;
  }

  /** What was recorded. */
  public Recording recording(RunOutcome outcome) {
    return new Recording(
        spec,
        started().name(),
        started().rows(),
        started().cols(),
        frames,
        testAccuracy,
        outcome instanceof RunOutcome.Diverged diverged ? diverged.message() : null);
  }
}
