package io.rankfall.study.store;

import io.rankfall.spectra.Spectrum;
import io.rankfall.study.Machine;
import io.rankfall.study.Versions;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.Initialization;
import io.rankfall.train.LayerSpectrum;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Made-up runs for the store's tests. */
final class Records {
  static final Provenance PROVENANCE =
      new Provenance(new Versions("test", List.of()), new Machine("j", "o", "p", 2), "abc");

  private Records() {}

  static RunSpec spec(int batchSize, int epochs) {
    return new RunSpec(
        "blobs",
        new Mlp(8, List.of(6), 3, Mlp.Normalization.NONE),
        Initialization.HE,
        batchSize,
        new Optimizer(0.1, 5e-4, 0.9, new StepSchedule(List.of(2, 5), 0.2)),
        epochs,
        1,
        LearnerKind.FUSED);
  }

  /** As a training gives them: singular values in single precision. */
  static EpochRecord epoch(int epoch) {
    SplittableRandom random = new SplittableRandom(epoch);
    return new EpochRecord(
        epoch,
        0.1 / (epoch + 1),
        epoch == 0 ? null : new Evaluation(1.0 / 3 / epoch, 0.7),
        new Evaluation(Math.PI / (epoch + 1), 0.61),
        List.of(
            new LayerSpectrum("fc1", spectrum(6, 8, random)),
            new LayerSpectrum("fc2", spectrum(3, 6, random))));
  }

  private static Spectrum spectrum(int rows, int cols, SplittableRandom random) {
    double[] sigma = new double[Math.min(rows, cols)];
    for (int i = 0; i < sigma.length; i++) {
      sigma[i] = (float) -random.nextDouble();
    }
    Arrays.sort(sigma);
    return Spectrum.of(rows, cols, Arrays.stream(sigma).map(s -> -s).toArray());
  }
}
