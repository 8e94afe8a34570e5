package io.rankfall.train.theory;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.GradientFactors;
import io.rankfall.train.GradientListener;
import io.rankfall.train.LayerSpectrum;
import io.rankfall.train.TrainedLayers;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** W ← 0.7·W + a full-rank matrix, with a gradient of rank 1 for show. */
final class ForgedLearner implements TrainedLayers {
  private final SplittableRandom random = new SplittableRandom(1);
  private final List<GradientListener> listeners = new ArrayList<>();
  private final float noise;
  private Matrix w;

  ForgedLearner() {
    this.w = Matrix.gaussian(40, 50, random);
    this.noise = 1;
  }

  private ForgedLearner(Matrix w) {
    this.w = w;
    this.noise = 0;
  }

  /** All weights and gradients are 0, and stay so. */
  static ForgedLearner ofZeros() {
    return new ForgedLearner(Matrix.of(40, 50, new float[40 * 50]));
  }

  void step() {
    float[] more = Matrix.gaussian(40, 50, random).toArray();
    float[] last = w.toArray();
    w =
        Matrix.filled(
            40,
            50,
            to -> {
              for (int i = 0; i < to.length; i++) {
                to[i] = 0.7f * last[i] + noise * more[i];
              }
            });
    GradientFactors one =
        new GradientFactors() {
          @Override
          public int rows() {
            return 1;
          }

          @Override
          public void copyDelta(int row, float[] to, int at) {
            to[at] = noise;
          }

          @Override
          public void copyInputs(int row, float[] to, int at) {
            to[at] = 1;
          }
        };
    listeners.forEach(listener -> listener.onFactors(0, one));
  }

  EpochRecord record(int epoch) {
    return new EpochRecord(
        epoch, 1, null, new Evaluation(1, 0), List.of(new LayerSpectrum("fc1", Spectrum.of(w))));
  }

  @Override
  public List<String> names() {
    return List.of("fc1");
  }

  @Override
  public Matrix weight(int layer) {
    return w;
  }

  @Override
  public double norm(int layer) {
    return w.frobeniusNorm();
  }

  @Override
  public int positions(int layer) {
    return 1;
  }

  @Override
  public boolean knowsFactors() {
    return true;
  }

  @Override
  public void listen(GradientListener listener) {
    listeners.add(listener);
  }
}
